import { join } from "node:path";
import { destinationQueues, type QueueKind, queueNameOf } from "../lib/connections/queues.ts";
import type { Connections } from "../lib/connections/schema.ts";
import type { LocalFunction, StackAddresses } from "./local-function.ts";
import { nameInStage, SERVICE, STAGE } from "./names.ts";

/** Short, so that what a `kill -9` left in flight is visible again after about a minute. */
const TIMEOUT_MS = 10_000;

/** Invocations of one queue's function at a time, as the parameter `maximumConcurrency` has it. */
const INVOCATIONS_A_QUEUE = 2;

/**
 * The functions of the bundle, from the folder they were built to, with the queues of these connections. The times are
 * those of the local stack, not AWS's.
 */
export function bundledFunctions(
  directory: string,
  connections: Pick<Connections, "connections">,
): readonly LocalFunction[] {
  const all = destinationQueues(connections);
  const queuesOf = (kind: QueueKind): readonly string[] =>
    all.filter((queue) => queue.kind === kind).map((queue) => nameInStage(queueNameOf(queue)));
  /** A destination that answers late must not take the place of another. */
  const environmentsOf = (kind: QueueKind): number =>
    Math.max(1, queuesOf(kind).length) * INVOCATIONS_A_QUEUE;
  return [
    {
      name: "ingest",
      file: join(directory, "ingest.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 1024,
      maxEnvironments: 4,
      trigger: { kind: "http" },
      variables: (stack) => ({
        ...sharedVariables("ingest", stack),
        REPLAYS_TABLE: stack.replaysTable,
      }),
    },
    {
      name: "metric-forwarder",
      file: join(directory, "metric-forwarder.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 512,
      maxEnvironments: environmentsOf("metric-events"),
      trigger: { kind: "queue", queues: queuesOf("metric-events"), batchSize: 10_000 },
      variables: (stack) => ({
        ...sharedVariables("metric-forwarder", stack),
        REQUEST_TIMEOUT_MS: "2000",
      }),
    },
    {
      name: "posthog-forwarder",
      file: join(directory, "posthog-forwarder.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 512,
      maxEnvironments: environmentsOf("flag-changes"),
      trigger: {
        kind: "queue",
        queues: queuesOf("flag-changes"),
        batchSize: 10_000,
        // People change flags one at a time, and whoever tries it out is waiting.
        longestWindowSeconds: 0.25,
      },
      variables: (stack) => ({
        ...sharedVariables("posthog-forwarder", stack),
        REQUEST_TIMEOUT_MS: "2000",
      }),
    },
    {
      name: "audience-batcher",
      file: join(directory, "audience-batcher.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 1024,
      maxEnvironments: environmentsOf("audience-operations"),
      trigger: { kind: "queue", queues: queuesOf("audience-operations"), batchSize: 10_000 },
      variables: (stack) => ({
        ...sharedVariables("audience-batcher", stack),
        LEDGER_TABLE: stack.ledgerTable,
        HOLD_MS: "20000",
        REQUEST_TIMEOUT_MS: "2000",
        LANDING_MS: "15000",
      }),
    },
    {
      name: "audit-log-sweeper",
      file: join(directory, "audit-log-sweeper.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 512,
      maxEnvironments: 1,
      // A minute on AWS. Here a second, so that `every: 5s` is what it says.
      trigger: { kind: "schedule", everyMs: 1_000 },
      variables: (stack) => ({
        ...sharedVariables("audit-log-sweeper", stack),
        CURSORS_TABLE: stack.cursorsTable,
        REQUEST_TIMEOUT_MS: "2000",
      }),
    },
  ];
}

/** What Lambda sets for every function, and where this stack's emulators are. */
function sharedVariables(name: string, stack: StackAddresses): Readonly<Record<string, string>> {
  return {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_LAMBDA_FUNCTION_NAME: nameInStage(name),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_ENDPOINT_URL_SQS: stack.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManager,
    CONNECTIONS_FILE: stack.connectionsFile,
    SECRET_PREFIX: stack.secretPrefix,
    QUEUE_URL_PREFIX: stack.queueUrl(nameInStage("")),
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_METRICS_NAMESPACE: `${SERVICE}/${STAGE}`,
    POWERTOOLS_LOG_LEVEL: "INFO",
    TZ: "UTC",
  };
}
