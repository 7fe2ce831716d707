import { createHmac, hash } from "node:crypto";
import { serve } from "../../functions/ingest/serve.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/messages/pack.ts";
import { type Figure, GateError, median, type Scenario } from "../scenario.ts";

const BATCH = 500;
const WARM_UP = 100;
const RUNS = 300;
/** Beyond parsing, for a batch of 500. */
const LIMIT_MS = 5;

export const ingest: Scenario = {
  name: "ingest",
  about: `handler time of ingest beyond JSON.parse of the body, ${RUNS} requests after ${WARM_UP}, with secrets and queue in memory`,
  run: async () => {
    const figures: Figure[] = [];
    for (const request of REQUESTS) figures.push(...(await measure(request)));
    return figures;
  },
};

/** One kind of request, `members` of them with keys from `first` on. */
type Kind = {
  readonly label: string;
  readonly members: number;
  readonly path: string;
  readonly headers: (body: string) => Record<string, string>;
  readonly body: (first: number, members: number) => unknown;
};

const SHARED_SECRET = "shared-secret";
const basic = { authorization: `Basic ${btoa("write-key:")}` };
const sha1 = (body: string) => createHmac("sha1", SHARED_SECRET).update(body).digest("hex");
const batch = (first: number, members: number) => ({ batch: events(first, members), sentAt: AT });

const REQUESTS: readonly Kind[] = [
  { label: "Segment SDK", members: BATCH, path: "/v1/batch", headers: () => basic, body: batch },
  {
    label: "Segment webhook, signed",
    members: BATCH,
    path: "/c/engage",
    headers: (body) => ({ "x-segment-signature": sha1(body) }),
    body: events,
  },
  {
    label: "Flagbridge's own format",
    members: BATCH,
    path: "/c/own",
    headers: () => ({ authorization: "token" }),
    body: operations,
  },
  {
    label: "segment-targets",
    members: BATCH,
    path: "/api/v2/segment-targets/census-synced-segments",
    headers: () => ({ authorization: "token" }),
    body: census,
  },
  { label: "Segment SDK", members: 1, path: "/v1/batch", headers: () => basic, body: batch },
];

async function measure({ label, members, path, headers, body }: Kind): Promise<readonly Figure[]> {
  const { handler, takeQueued } = start();
  const parsing: number[] = [];
  const beyond: number[] = [];
  let first = 0;
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const text = JSON.stringify(body(run * members, members));
    const event = eventOf(path, { ...headers(text), "content-type": "application/json" }, text);
    const parseMs = timeOf(() => JSON.parse(text));
    const startedMs = performance.now();
    const answer = await handler(event);
    const handlerMs = performance.now() - startedMs;
    check(answer.statusCode, takeQueued(), run * members, members);
    if (run === 0) first = handlerMs - parseMs;
    if (run < WARM_UP) continue;
    parsing.push(parseMs);
    beyond.push(handlerMs - parseMs);
  }
  const shown = `${label}, ${members}`;
  return [
    { label: `${shown}: median`, value: median(beyond), unit: "ms", atMost: LIMIT_MS },
    { label: `${shown}: 95 of 100 within`, value: percentile(beyond, 0.95), unit: "ms" },
    { label: `${shown}: slowest`, value: Math.max(...beyond), unit: "ms" },
    { label: `${shown}: the first, not warm`, value: first, unit: "ms" },
    { label: `${shown}: JSON.parse, median`, value: median(parsing), unit: "ms" },
  ];
}

/** Every member is in the queue, once and in order, and no message is larger than it may be. */
function check(status: number, queued: readonly string[], first: number, members: number): void {
  if (status !== 200 && status !== 204) throw new GateError(`answered ${status}`);
  const large = queued.find((body) => Buffer.byteLength(body) > MAX_MESSAGE_BYTES);
  if (large !== undefined) throw new GateError(`a message has ${Buffer.byteLength(large)} bytes`);
  const found = queued
    .flatMap((body) => operationsOf(audienceOperationsMessage.parse(JSON.parse(body))))
    .map(({ contextKey, action, segment }) => `${action} ${contextKey} ${segment.id}`);
  const expected = keys(first, members).map((key) => `add ${key} aud_2g5VilffxpBYqelWk4K0yBzAuFl`);
  if (found.join() !== expected.join())
    throw new GateError(`queued ${found.length} of ${members} operations`);
}

function start() {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: {
      engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } },
      own: { source: "flagbridge", secret: "own", audiences: { to: ["production"] } },
    },
  });
  if (!checked.ok) throw new GateError(checked.problems.join("; "));
  const secrets = new Map([
    [
      "engage",
      {
        kind: "usable" as const,
        value: { writeKeys: ["write-key", "old-write-key"], signingSecrets: ["old-secret", SHARED_SECRET] },
      },
    ],
    ["own", { kind: "usable" as const, value: { tokens: ["token"] } }],
  ]);
  let queued: string[] = [];
  const send = async (bodies: readonly string[]) => {
    queued.push(...bodies);
    return bodies.map(() => ({ kind: "confirmed" as const }));
  };
  const ignore = () => {};
  const handler = serve(
    {
      connections: checked.connections,
      readSecrets: async () => secrets,
      send,
      sendMetrics: send,
      sendChanges: send,
      now: Date.now,
      digest: (text) => hash("sha256", text),
      version: "0.0.0",
    },
    { log: { info: ignore, warn: ignore, error: ignore }, recordMetrics: ignore },
  );
  const takeQueued = () => {
    const taken = queued;
    queued = [];
    return taken;
  };
  return { handler, takeQueued };
}

const AT = "2026-05-03T11:59:00.000Z";
const COHORT = "aud_2g5VilffxpBYqelWk4K0yBzAuFl";

function keys(first: number, members: number): string[] {
  return Array.from({ length: members }, (_, index) => `user-${first + index}@example.com`);
}

/** As @segment/analytics-node sends them. */
function events(first: number, members: number) {
  return keys(first, members).map((userId) => ({
    timestamp: AT,
    integrations: {},
    type: "identify",
    userId,
    traits: { email: userId, first_time_shopper: true },
    context: {
      personas: {
        computation_class: "audience",
        computation_id: COHORT,
        computation_key: "first_time_shopper",
        namespace: "spa_rHVbZsJXToWAwcmbgpfo36",
        space_id: "spa_rHVbZsJXToWAwcmbgpfo36",
      },
      library: { name: "@segment/analytics-node", version: "3.1.0" },
    },
    messageId: `node-next-1795239297241-e41ef078-dd8f-40a2-af30-${userId}`,
    _metadata: { nodeVersion: "v20.20.2", jsRuntime: "node" },
  }));
}

function operations(first: number, members: number) {
  const segment = { id: COHORT, name: "First time shopper" };
  const audienceOperations = keys(first, members).map((contextKey) => ({
    segment,
    contextKey,
    action: "add",
    at: AT,
  }));
  return { audienceOperations };
}

function census(first: number, members: number) {
  const batch = keys(first, members).map((user_id) => ({
    user_id,
    cohort_id: COHORT,
    cohort_name: "C",
    value: true,
  }));
  return { environment_id: "environment", context_kind: "user", batch };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function eventOf(
  path: string,
  headers: Record<string, string>,
  body: string,
): Parameters<ReturnType<typeof serve>>[0] {
  const requestContext = {
    accountId: "",
    apiId: "",
    domainName: "",
    domainPrefix: "",
    http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "", userAgent: "" },
    requestId: "request-1",
    routeKey: "$default",
    stage: "$default",
    time: "",
    timeEpoch: 0,
  };
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext,
    body,
    isBase64Encoded: false,
  };
}

function timeOf(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
