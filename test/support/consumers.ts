import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { listenOnLoopback } from "../../dev/listen.ts";
import { audienceBatcher } from "../../functions/audience-batcher/flush.ts";
import { metricForwarder } from "../../functions/metric-forwarder/forward.ts";
import { posthogForwarder } from "../../functions/posthog-forwarder/forward.ts";
import { dynamoLedger } from "../../lib/audience/ledger/dynamodb-entries.ts";
import { createDynamoCalls } from "../../lib/aws/dynamodb.ts";
import { DEAD_LETTERS, type DestinationQueue, queueNameOf } from "../../lib/connections/queues.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import type { DeadLetter } from "../../lib/delivery/settle.ts";
import type { DeliveryQueues } from "../../lib/delivery/settle-queues.ts";
import { startLocalTable } from "./local-table.ts";
import { queueHandler } from "./queue-handler.ts";

export type Consumed = {
  /** Places in the batch of the messages that come again. */
  readonly failed: readonly number[];
  readonly letters: readonly DeadLetter[];
  /** Every text that the destinations have been sent so far, by itself: context keys among them. */
  readonly arrived: ReadonlySet<string>;
  /** Everything that was logged so far. */
  readonly log: string;
};

/** A function that consumes a queue, with all of its own code, and real destinations and ledger. */
export type Consumer = {
  readonly name: "audience-batcher" | "metric-forwarder" | "posthog-forwarder";
  readonly consume: (bodies: readonly string[]) => Promise<Consumed>;
};

const QUEUE_URL_PREFIX = "https://sqs.test/1/flagbridge-test-";

export async function startConsumers(
  setVariable: (name: string, value: string) => void,
): Promise<{ readonly all: readonly Consumer[]; readonly stop: () => Promise<void> }> {
  const table = await startLocalTable();
  setVariable("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint);
  setVariable("AWS_REGION", "us-east-1");
  setVariable("AWS_ACCESS_KEY_ID", "local");
  setVariable("AWS_SECRET_ACCESS_KEY", "local");
  const destination = await startDestination();
  const connections = connectionsFile.parse({
    launchdarkly: {
      production: {
        clientSideId: "environment",
        instance: { api: destination.url, events: destination.url },
        secret: "launchdarkly",
      },
    },
    connections: {
      cdp: {
        source: "flagbridge",
        secret: "cdp",
        audiences: { to: ["production"] },
        metrics: { to: ["production"] },
      },
      changes: { source: "launchdarkly", secret: "webhook", posthog: { to: ["main"] } },
    },
    posthog: { main: { host: destination.url, secret: "posthog" } },
  });
  const lines: string[] = [];
  const write = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  const letters: DeadLetter[] = [];
  const queues: DeliveryQueues = {
    sendToQueue: async (url, entries) => {
      for (const { body, attributes = {} } of entries)
        if (url.endsWith(DEAD_LETTERS)) letters.push({ body, attributes });
      return entries.map(() => ({ kind: "confirmed" }));
    },
    setVisibility: async (_, changes) => changes.map(() => ({ kind: "confirmed" })),
  };
  const secrets = {
    readSecrets: async (names: readonly string[]) =>
      new Map(
        names.map((name) => [
          name,
          { kind: "usable" as const, value: { accessToken: "token", projectApiKey: "phc_key" } },
        ]),
      ),
    onProblem: write,
  };
  const clock = {
    now: Date.now,
    random: Math.random,
    sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
  };
  const { now, random } = clock;
  const log = { info: write, warn: write, error: write };
  const settings = {
    queues,
    queueUrlPrefix: QUEUE_URL_PREFIX,
    reserveMs: 2_500,
    now,
    random,
    log,
    recordMetrics: write,
  };
  const rules = {
    holdMs: 60_000,
    requestTimeoutMs: 5_000,
    landingMs: 5_000,
    writeTimeoutMs: 5_000,
    skewMs: 100,
  };
  const ledger = dynamoLedger({
    calls: createDynamoCalls({ table: table.table, timeoutMs: 1_500 }),
    ports: clock,
    writeTimeoutMs: 5_000,
  });
  const forwarding = { connections, secrets, now, random, timeoutMs: 5_000, version: "test" };
  const operations = queueHandler(
    { ...settings, kind: "audience-operations", service: "launchdarkly", event: "audience.flushed" },
    audienceBatcher({ connections, secrets, ledger, clock, rules, userAgent: "Flagbridge/test", log }),
  );
  const events = queueHandler(
    { ...settings, kind: "metric-events", service: "launchdarkly-events", event: "metrics.forwarded" },
    metricForwarder(forwarding),
  );
  const changes = queueHandler(
    { ...settings, kind: "flag-changes", service: "posthog", event: "flag-changes.forwarded" },
    posthogForwarder({
      ...forwarding,
      log,
      send: async (_queue, bodies) => bodies.map(() => ({ kind: "confirmed" })),
    }),
  );
  const consumer = (name: Consumer["name"], run: typeof operations, queue: DestinationQueue): Consumer => ({
    name,
    consume: async (bodies) => {
      letters.length = 0;
      const records = bodies.map((body, place) => recordOf(body, place, queue));
      const { batchItemFailures } = await run(records, () => 60_000);
      return {
        failed: batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)),
        letters: [...letters],
        arrived: destination.texts,
        log: lines.join("\n"),
      };
    },
  });
  return {
    all: [
      consumer("audience-batcher", operations, { kind: "audience-operations", destination: "production" }),
      consumer("metric-forwarder", events, { kind: "metric-events", destination: "production" }),
      consumer("posthog-forwarder", changes, { kind: "flag-changes", destination: "main" }),
    ],
    stop: async () => {
      destination.close();
      await table.stop();
    },
  };
}

function recordOf(body: string, place: number, queue: DestinationQueue) {
  return {
    messageId: String(place),
    receiptHandle: String(place),
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      ApproximateFirstReceiveTimestamp: String(Date.now()),
      SentTimestamp: String(Date.now()),
      SenderId: "test",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:1:flagbridge-test-${queueNameOf(queue)}`,
    awsRegion: "us-east-1",
  };
}

/** Takes everything, as LaunchDarkly's segments and events do. */
async function startDestination() {
  const texts = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      JSON.parse(body.toString("utf8"), (_, value) => {
        if (typeof value === "string") texts.add(value);
      });
      response.writeHead(202).end();
    });
  });
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    texts,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
