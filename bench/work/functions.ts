import { hash } from "node:crypto";
import type { APIGatewayProxyEventV2, SQSRecord } from "aws-lambda";
import { audienceBatcher as batcher } from "../../functions/audience-batcher/flush.ts";
import { serve } from "../../functions/ingest/serve.ts";
import { metricForwarder as eventsForwarder } from "../../functions/metric-forwarder/forward.ts";
import { posthogForwarder as changesForwarder } from "../../functions/posthog-forwarder/forward.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import { type DestinationQueue, queueNameOf, type SendParcel } from "../../lib/connections/queues.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { queueHandler } from "../../test/support/queue-handler.ts";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { GateError } from "../scenario.ts";

/** The functions as their handlers compose them, with everything of AWS in memory and every line they write thrown away. */
const ignore = (): void => {};
const silent = { log: { info: ignore, warn: ignore, error: ignore }, recordMetrics: ignore };
const confirmed = { kind: "confirmed" } as const;
const LONG_MS = 600_000;

export const SHARED_SECRET = "shared-secret";
export const WRITE_KEY = "write-key";
export const TOKEN = "token";

/** Connections to one environment of a LaunchDarkly, and one project of a PostHog, both at `base`. */
export function connectionsTo(base: string): Connections {
  const to = ["production"];
  const checked = checkConnections({
    launchdarkly: {
      production: {
        clientSideId: "environment",
        instance: { api: base, events: base },
        secret: "launchdarkly",
      },
    },
    connections: {
      engage: { source: "segment", secret: "engage", audiences: { to }, metrics: { to } },
      own: { source: "flagbridge", secret: "own", audiences: { to } },
      changes: { source: "launchdarkly", secret: "changes", posthog: { to: ["main"] } },
    },
    posthog: { main: { host: base, secret: "posthog" } },
  });
  if (!checked.ok) throw new GateError(checked.problems.join("; "));
  return checked.connections;
}

export type Ingest = {
  readonly handle: (
    event: APIGatewayProxyEventV2,
  ) => Promise<{ readonly statusCode: number; readonly body: string }>;
  /** The messages that were queued since the last time. */
  readonly takeQueued: () => string[];
};

/** Told of each call that sends to a queue or sets visibility, with its entries before they are divided into batches. */
export type OnQueue = (kind: "send" | "visibility", entries: number) => void;

export function ingest(connections: Connections, onQueue: OnQueue = ignore): Ingest {
  const secrets = new Map([
    [
      "engage",
      {
        kind: "usable" as const,
        value: { writeKeys: [WRITE_KEY, "old-write-key"], signingSecrets: ["old-secret", SHARED_SECRET] },
      },
    ],
    ["own", { kind: "usable" as const, value: { tokens: [TOKEN] } }],
    ["hog", { kind: "usable" as const, value: { tokens: [TOKEN] } }],
    ["ruled", { kind: "usable" as const, value: { signingSecrets: ["old-secret", SHARED_SECRET] } }],
  ]);
  let queued: string[] = [];
  const send: SendParcel = async ({ bodies }) => {
    if (bodies.length > 0) onQueue("send", bodies.length);
    queued.push(...bodies);
    return bodies.map(() => confirmed);
  };
  const handle = serve(
    {
      connections,
      readSecrets: async () => secrets,
      send,
      // The same signed requests come again and again, and each is to be measured in full.
      replays: {
        take: async (request) => ({ kind: "taken", taken: { ...request, token: "bench" } }),
        finish: async () => ({ kind: "remembered" }),
        release: async () => ({ kind: "remembered" }),
      },
      now: Date.now,
      digest: (text) => hash("sha256", text),
      version: "0.0.0",
      openapi: () => "{}",
    },
    silent,
  );
  const takeQueued = () => {
    const taken = queued;
    queued = [];
    return taken;
  };
  return { handle, takeQueued };
}

/** Works on records; rejects with a {@link GateError} when one of them failed. */
export type QueueWork = (records: readonly SQSRecord[]) => Promise<void>;

/** Gives the records that are to come again. */
export function audienceBatcher(
  connections: Connections,
  ledger: Ledger,
  onQueue: OnQueue = ignore,
): (records: readonly SQSRecord[]) => Promise<readonly SQSRecord[]> {
  const work = queueHandler(
    {
      ...settings,
      queues: queuesOf(onQueue),
      kind: "audience-operations",
      service: "launchdarkly",
      event: "audience.flushed",
    },
    batcher({
      connections,
      ledger,
      secrets: { readSecrets, onProblem: ignore },
      clock: { now: Date.now, random: Math.random, sleep },
      rules: {
        holdMs: 60_000,
        requestTimeoutMs: 10_000,
        landingMs: 45_000,
        writeTimeoutMs: 10_000,
        skewMs: 1_000,
      },
      userAgent: "Flagbridge/0.0.0",
      log: silent.log,
    }),
  );
  return async (records) => {
    const { batchItemFailures } = await work(records, () => LONG_MS);
    const again = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return records.filter(({ messageId }) => again.has(messageId));
  };
}

export function metricForwarder(connections: Connections): QueueWork {
  const work = queueHandler(
    { ...settings, kind: "metric-events", service: "launchdarkly-events", event: "metrics.forwarded" },
    eventsForwarder({
      connections,
      secrets: { readSecrets, onProblem: ignore },
      log: silent.log,
      ...forwarding,
    }),
  );
  return async (records) => allTaken(await work(records, () => LONG_MS));
}

export function posthogForwarder(connections: Connections): QueueWork {
  const readKeys = async (names: readonly string[]) =>
    new Map(names.map((name) => [name, { kind: "usable" as const, value: { projectApiKey: "phc_bench" } }]));
  const work = queueHandler(
    { ...settings, kind: "flag-changes", service: "posthog", event: "flag-changes.forwarded" },
    changesForwarder({
      connections,
      secrets: { readSecrets: readKeys, onProblem: ignore },
      send: async ({ bodies }) => bodies.map(() => confirmed),
      log: silent.log,
      ...forwarding,
    }),
  );
  return async (records) => allTaken(await work(records, () => LONG_MS));
}

/** The queues of {@link connectionsTo}. */
export const OPERATIONS_QUEUE = {
  kind: "audience-operations",
  destination: "production",
} satisfies DestinationQueue;
export const EVENTS_QUEUE = { kind: "metric-events", destination: "production" } satisfies DestinationQueue;
export const CHANGES_QUEUE = { kind: "flag-changes", destination: "main" } satisfies DestinationQueue;

/** A record of a queue as SQS hands it over. */
export const recordIn =
  (queue: DestinationQueue) =>
  (body: string, number: number): SQSRecord =>
    queuedRecord(body, {
      id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
      receiptHandle: "x".repeat(180),
      sentAtMs: Date.now(),
      queueName: queueNameOf(queue),
    });

/** A request as API Gateway hands it over. */
export function eventOf(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): APIGatewayProxyEventV2 {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers: { "content-type": "application/json", ...headers },
    requestContext: {
      accountId: "000000000000",
      apiId: "api",
      domainName: "api.example.com",
      domainPrefix: "api",
      http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "bench" },
      requestId: "request",
      routeKey: "$default",
      stage: "$default",
      time: "26/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_795_694_400_000,
    },
    body,
    isBase64Encoded: false,
  };
}

const readSecrets = async (names: readonly string[]) =>
  new Map(names.map((name) => [name, { kind: "usable" as const, value: { accessToken: TOKEN } }]));

function queuesOf(onQueue: OnQueue) {
  return {
    sendToQueue: async (_url: string, entries: readonly unknown[]) => {
      if (entries.length > 0) onQueue("send", entries.length);
      return entries.map(() => confirmed);
    },
    setVisibility: async (_url: string, changes: readonly unknown[]) => {
      if (changes.length > 0) onQueue("visibility", changes.length);
      return changes.map(() => confirmed);
    },
  };
}

const settings = {
  queues: queuesOf(ignore),
  queueUrlPrefix: "https://sqs.bench/000000000000/",
  reserveMs: 5_000,
  now: Date.now,
  random: Math.random,
  ...silent,
};

const forwarding = { now: Date.now, random: Math.random, timeoutMs: 10_000, version: "0.0.0" };

const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));

function allTaken({ batchItemFailures }: { readonly batchItemFailures: readonly unknown[] }): void {
  if (batchItemFailures.length > 0) throw new GateError(`${batchItemFailures.length} records failed`);
}
