import { dynamoHolds } from "../lib/audience/ledger/dynamodb-holds.ts";
import { dynamoListing } from "../lib/audience/ledger/dynamodb-listing.ts";
import { createAlarmActions } from "../lib/aws/alarm-actions.ts";
import { createDynamoCalls } from "../lib/aws/dynamodb.ts";
import { createTableReadingCalls } from "../lib/aws/dynamodb-reading.ts";
import { createEventSources } from "../lib/aws/event-sources.ts";
import { createFunctionConcurrency } from "../lib/aws/function-concurrency.ts";
import { createInvoke } from "../lib/aws/invoke.ts";
import { openOperatorClients } from "../lib/aws/operator-clients.ts";
import { createQueueCounts } from "../lib/aws/queue-counts.ts";
import { createQueueMessages } from "../lib/aws/queue-messages.ts";
import { createSecretReader } from "../lib/aws/secret.ts";
import { createSecretStore } from "../lib/aws/secret-store.ts";
import { createQueues } from "../lib/aws/sqs.ts";
import { createStacks } from "../lib/aws/stacks.ts";
import { createStageMetrics } from "../lib/aws/stage-metrics.ts";
import { createTableStates } from "../lib/aws/table-states.ts";
import { readBundledConnections } from "../lib/connections/bundled.ts";
import { launchdarklySecret, secretCheckOf } from "../lib/connections/destination-secrets.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { openHttpSession } from "../lib/http/session.ts";
import { launchdarklyClients } from "../lib/launchdarkly/membership/clients.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Bundle } from "./bundle.ts";
import { baseOf, DEFAULT_URL, findLocalBundle } from "./local-bundle.ts";
import { localMetrics } from "./local-metrics.ts";
import { OperatorProblem } from "./problem.ts";
import { openSandboxDoor, type SandboxDoor } from "./sandbox-door.ts";
import { findStageBundle } from "./stage-bundle.ts";
import type { MetricCalls } from "./status.ts";

/** What says where the bundle is: the options of every command, and the environment's variables. */
export type TargetOptions = {
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly url?: string | undefined;
  readonly connections?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** A bundle with the calls that tasks make of it. */
export type Target = Bundle & { readonly calls: TargetCalls };

export type TargetCalls = ReturnType<typeof openCalls> & {
  /** Undefined where there are no alarms: on the local stack. */
  readonly alarmActions: ReturnType<typeof createAlarmActions> | undefined;
  /** Undefined on a stage: its LaunchDarkly and PostHog are real. */
  readonly sandbox: SandboxDoor | undefined;
};

/** Where `sls deploy` goes when nobody says where: serverless.yml. */
const DEFAULT_REGION = "us-east-1";
/** Longest that one call about a hold may take. */
const HOLD_CALL_MS = 10_000;
/** A person waits for an answer that may be a segment of 15,000 long keys. */
const LAUNCHDARKLY_MS = 30_000;
/** The local stack answers at once, or something else has its port. */
const LOCAL_ANSWER_MS = 5_000;

/**
 * Finds the bundle that the options name: a deployed stage, or else the local stack. This is the only place that knows one from the
 * other; tasks see a {@link Target}.
 * @throws {OperatorProblem} when it is not there, or connections.yml is not right
 */
export async function openTarget(options: TargetOptions): Promise<Target> {
  return options.stage === undefined ? openLocal(options) : openStage(options.stage, options);
}

async function openLocal({ url, connections, environment }: TargetOptions): Promise<Target> {
  const { bundle, endpoints } = await findLocalBundle(url ?? environment.FLAGBRIDGE_URL ?? DEFAULT_URL, {
    get: getJson,
    readConnections: async (stacks) =>
      connections === undefined
        ? { connections: readBundledConnections(stacks.file), file: stacks.source ?? stacks.file }
        : { connections: await readOwn(connections), file: connections },
  });
  const { region, url: base } = bundle.where;
  const clients = openOperatorClients({ kind: "local", region, endpoints });
  const metrics = localMetrics({ url: base, get: getJson, getText, now });
  const sandbox = openSandboxDoor(base, ask);
  return { ...bundle, calls: { ...openCalls(bundle, clients, metrics), alarmActions: undefined, sandbox } };
}

async function openStage(stage: string, options: TargetOptions): Promise<Target> {
  const { profile, environment, connections: file = "connections.yml" } = options;
  const region = options.region ?? environment.AWS_REGION ?? DEFAULT_REGION;
  const clients = openOperatorClients({ kind: "aws", region, profile });
  const found = await findStageBundle(
    { stage, region },
    {
      stacks: createStacks(clients.cloudFormation),
      readConnections: async () => ({ connections: await readOwn(file), file }),
    },
  );
  // Behind a proxy or a domain that the stack does not know, its API has another address.
  const bundle =
    options.url === undefined ? found : { ...found, where: { ...found.where, url: baseOf(options.url) } };
  const metrics = createStageMetrics(clients.cloudWatch, {
    namePrefix: bundle.namePrefix,
    metricsNamespace: bundle.secretPrefix.replace(/\/$/, ""),
    now,
  });
  return {
    ...bundle,
    calls: {
      ...openCalls(bundle, clients, metrics),
      alarmActions: createAlarmActions(clients.cloudWatch),
      sandbox: undefined,
    },
  };
}

function openCalls(bundle: Bundle, clients: ReturnType<typeof openOperatorClients>, metrics: MetricCalls) {
  const { dynamodb: client } = clients;
  const table = bundle.tables.ledger;
  const ports = { now, sleep, random };
  const queues = createQueues(clients.sqs);
  /** To LaunchDarkly and PostHog. Connections that nobody uses do not keep the process alive. */
  const http = openHttpSession();
  return {
    metrics,
    ledger: dynamoListing({ calls: createTableReadingCalls({ client, table }), ports }),
    holds: dynamoHolds({ calls: createDynamoCalls({ client, table, timeoutMs: HOLD_CALL_MS }), ports }),
    /** The clients of the environments by name, with the functions' own tokens. `noteProblem` is told of secrets that cannot be used. */
    launchdarkly: (noteProblem: (problem: string) => void) =>
      launchdarklyClients(bundle.connections, {
        readSecrets: createSecretReader({
          client: clients.secretsManager,
          prefix: bundle.secretPrefix,
          check: secretCheckOf(launchdarklySecret),
          now,
        }),
        http,
        now,
        userAgent: `Flagbridge/${packageJson.version}`,
        timeoutMs: LAUNCHDARKLY_MS,
        noteProblem,
      }),
    queues,
    /** Of dead-letter queues, and of what waits in the others. */
    letters: { ...createQueueMessages(clients.sqs), setVisibility: queues.setVisibility, now },
    countQueue: createQueueCounts(clients.sqs),
    eventSources: createEventSources(clients.lambda),
    reservedConcurrency: createFunctionConcurrency(clients.lambda),
    tableState: createTableStates(clients.dynamodb),
    invoke: createInvoke(clients.invoking),
    secretStore: createSecretStore(clients.secretsManager),
    http,
    /** Unix ms. */
    now,
    sleep,
    /** Uniform in [0, 1). */
    random,
  };
}

async function readOwn(file: string): Promise<Connections> {
  const checked = await readConnectionsFile(file);
  if (checked.ok) return checked.connections;
  throw new OperatorProblem(
    [`${file} is not right:`, ...checked.problems.map((problem) => `  ${problem}`)].join("\n"),
  );
}

const now = Date.now;
const random = Math.random;
const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));

async function getJson(url: string): Promise<unknown> {
  return JSON.parse(await getText(url));
}

async function getText(url: string): Promise<string> {
  const answer = await ask(url);
  return answer.text();
}

function ask(url: string, init?: RequestInit): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(LOCAL_ANSWER_MS) });
}
