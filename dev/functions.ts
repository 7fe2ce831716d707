import { join } from "node:path";
import type { LocalFunction, StackAddresses } from "./local-function.ts";
import { nameInStage, SERVICE, STAGE } from "./names.ts";

const AUDIENCE_QUEUE = nameInStage("audience-operations");
const AUDIENCE_DEAD_LETTERS = `${AUDIENCE_QUEUE}-dead-letters`;
const METRIC_QUEUE = nameInStage("metric-events");
const METRIC_DEAD_LETTERS = `${METRIC_QUEUE}-dead-letters`;
const FLAG_CHANGE_QUEUE = nameInStage("flag-changes");
const FLAG_CHANGE_DEAD_LETTERS = `${FLAG_CHANGE_QUEUE}-dead-letters`;

/** Short, so that what a `kill -9` left in flight is visible again after about a minute. */
const TIMEOUT_MS = 10_000;

/** The functions of the bundle, from the folder they were built to. The times are those of the local stack, not AWS's. */
export function bundledFunctions(directory: string): readonly LocalFunction[] {
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
        AUDIENCE_QUEUE_URL: stack.queueUrl(AUDIENCE_QUEUE),
        METRIC_QUEUE_URL: stack.queueUrl(METRIC_QUEUE),
        FLAG_CHANGE_QUEUE_URL: stack.queueUrl(FLAG_CHANGE_QUEUE),
        REPLAYS_TABLE: stack.replaysTable,
      }),
    },
    {
      name: "metric-forwarder",
      file: join(directory, "metric-forwarder.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 512,
      maxEnvironments: 2,
      trigger: { kind: "queue", queue: METRIC_QUEUE, deadLetters: METRIC_DEAD_LETTERS, batchSize: 10_000 },
      variables: (stack) => ({
        ...sharedVariables("metric-forwarder", stack),
        QUEUE_URL: stack.queueUrl(METRIC_QUEUE),
        DEAD_LETTER_QUEUE_URL: stack.queueUrl(METRIC_DEAD_LETTERS),
        REQUEST_TIMEOUT_MS: "2000",
      }),
    },
    {
      name: "posthog-forwarder",
      file: join(directory, "posthog-forwarder.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 512,
      maxEnvironments: 2,
      trigger: {
        kind: "queue",
        queue: FLAG_CHANGE_QUEUE,
        deadLetters: FLAG_CHANGE_DEAD_LETTERS,
        batchSize: 10_000,
        // People change flags one at a time, and whoever tries it out is waiting.
        longestWindowSeconds: 0.25,
      },
      variables: (stack) => ({
        ...sharedVariables("posthog-forwarder", stack),
        QUEUE_URL: stack.queueUrl(FLAG_CHANGE_QUEUE),
        DEAD_LETTER_QUEUE_URL: stack.queueUrl(FLAG_CHANGE_DEAD_LETTERS),
        REQUEST_TIMEOUT_MS: "2000",
      }),
    },
    {
      name: "audience-batcher",
      file: join(directory, "audience-batcher.cjs"),
      timeoutMs: TIMEOUT_MS,
      memoryMb: 1024,
      maxEnvironments: 2,
      trigger: {
        kind: "queue",
        queue: AUDIENCE_QUEUE,
        deadLetters: AUDIENCE_DEAD_LETTERS,
        batchSize: 10_000,
      },
      variables: (stack) => ({
        ...sharedVariables("audience-batcher", stack),
        QUEUE_URL: stack.queueUrl(AUDIENCE_QUEUE),
        DEAD_LETTER_QUEUE_URL: stack.queueUrl(AUDIENCE_DEAD_LETTERS),
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
        QUEUE_URL: stack.queueUrl(FLAG_CHANGE_QUEUE),
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
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_METRICS_NAMESPACE: `${SERVICE}/${STAGE}`,
    POWERTOOLS_LOG_LEVEL: "INFO",
    TZ: "UTC",
  };
}
