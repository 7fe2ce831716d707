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
import type { DeadLetter } from "../../lib/delivery/dead-letter.ts";
import type { DeliveryQueues } from "../../lib/delivery/settle-queues.ts";
import { isObject } from "../../lib/json.ts";
import { startLocalTable } from "./local-table.ts";
import { queueHandler } from "./queue-handler.ts";
import { queuedRecord } from "./queued-record.ts";

export type Consumed = {
  /** Places in the batch of the messages that come again. */
  readonly failed: readonly number[];
  readonly letters: readonly DeadLetter[];
  /** Every text that the destinations have been sent so far, by itself: context keys among them. */
  readonly arrived: ReadonlySet<string>;
  /** In how many entries of requests each of these texts was: an event, a member, the words of an annotation. */
  readonly entriesWith: ReadonlyMap<string, number>;
  /** Messages that this batch has put into the queue to ask for annotations. */
  readonly asked: readonly string[];
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
      charts: {
        source: "launchdarkly",
        secret: "charts",
        posthog: { to: ["main"], annotations: true, memberDetails: false, perEnvironment: true },
      },
    },
    posthog: { main: { host: destination.url, projectId: "1", secret: "posthog" } },
  });
  const lines: string[] = [];
  const write = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  const letters: DeadLetter[] = [];
  const asked: string[] = [];
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
          {
            kind: "usable" as const,
            value: { accessToken: "token", projectApiKey: "phc_key", personalApiKey: "phx_key" },
          },
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
    // The name of a connection that nobody knows is `other` in the metrics: lib/observability/metrics.ts.
    recordMetrics: (values: object) => write(values),
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
  const forwarding = {
    connections,
    secrets,
    now,
    random,
    log,
    timeoutMs: 5_000,
    version: "test",
  };
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
    // A new one each time: one alone would write no more annotations than PostHog takes in a minute.
    (records, invocation) =>
      posthogForwarder({
        ...forwarding,
        send: async ({ bodies }) => {
          asked.push(...bodies);
          return bodies.map(() => ({ kind: "confirmed" }));
        },
      })(records, invocation),
  );
  const consumer = (name: Consumer["name"], run: typeof operations, queue: DestinationQueue): Consumer => ({
    name,
    consume: async (bodies) => {
      letters.length = 0;
      asked.length = 0;
      const records = bodies.map((body, place) =>
        queuedRecord(body, {
          id: String(place),
          sentAtMs: Date.now(),
          queueName: `flagbridge-test-${queueNameOf(queue)}`,
        }),
      );
      const { batchItemFailures } = await run(records, () => 60_000);
      return {
        failed: batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)),
        letters: [...letters],
        arrived: destination.texts,
        entriesWith: destination.entriesWith,
        asked: [...asked],
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

/** Takes everything, as LaunchDarkly's segments and events do, and PostHog, which has no annotation yet. */
async function startDestination() {
  const texts = new Set<string>();
  const entriesWith = new Map<string, number>();
  const count = (text: string) => entriesWith.set(text, (entriesWith.get(text) ?? 0) + 1);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      const isAnnotation = request.url?.startsWith("/api/projects/");
      if (isAnnotation && request.method === "GET") {
        response.end('{"results":[]}');
        return;
      }
      const sent: unknown = JSON.parse(body.toString("utf8"));
      for (const text of textsIn(sent)) texts.add(text);
      if (isAnnotation) for (const word of new Set([...textsIn(sent)].join(" ").split(/\s+/))) count(word);
      else for (const entry of entriesOf(sent)) for (const text of textsIn(entry)) count(text);
      response.writeHead(202).end();
    });
  });
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    texts,
    entriesWith,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function textsIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  JSON.parse(JSON.stringify(value), (_, one) => {
    if (typeof one === "string") found.add(one);
  });
  return found;
}

/** What stands in the lists of a request, whichever shape it has. */
function entriesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value).flatMap(entriesOf) : [];
}
