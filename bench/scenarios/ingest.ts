import { createHmac } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/messages/pack.ts";
import { type Comparison, type Figure, figureOf, GateError, ratioOf, type Variant } from "../scenario.ts";
import { AT, AUDIENCE, engageEvents, membersFrom } from "../work/engage-events.ts";
import {
  connectionsTo,
  eventOf,
  ingest as ingestFunction,
  SHARED_SECRET,
  TOKEN,
  WRITE_KEY,
} from "../work/functions.ts";

const BATCH = 500;
/** Requests that differ, over and over: the same text each time would be flattered by caches. */
const DISTINCT = 20;
/** Beyond the floor of the same run. */
const LIMIT_RATIO = 1.6;
const LIMIT_SINGLE_US = 60;

/** One kind of request: how its members, with keys from `first` on, come. */
type Kind = {
  readonly members: number;
  readonly request: (first: number) => APIGatewayProxyEventV2;
};

const KINDS = {
  engage: { members: BATCH, request: engage },
  sdk: {
    members: BATCH,
    request: (first) => sdk(first, BATCH),
  },
  own: { members: BATCH, request: own },
  census: { members: BATCH, request: census },
  single: { members: 1, request: (first) => sdk(first, 1) },
} satisfies Record<string, Kind>;

export const ingest: Comparison = {
  kind: "comparison",
  name: "ingest",
  about:
    "a request from API Gateway's event to queued messages and the answer; queue and secrets in memory, without log and metrics",
  repetitions: 7,
  variants: {
    floor: { prepare: floorOf },
    ...Object.fromEntries(
      Object.entries(KINDS).map(([name, kind]): [string, Variant] => [
        name,
        { prepare: () => handlerOn(kind) },
      ]),
    ),
  },
  figures: ({ floor, ...kinds }): Figure[] => {
    const { engage, single } = kinds;
    if (!floor || !engage || !single) throw new RangeError("every variant is measured");
    return [
      figureOf("floor: parse, HMAC, serialize the same requests", "µs/event", floor.cpuUs),
      figureOf("Engage webhook, signed, 500 events", "µs/event", engage.cpuUs),
      ratioOf("Engage webhook / floor", engage, floor, LIMIT_RATIO),
      figureOf("SDK batch, Basic, 500 events", "µs/event", (kinds.sdk ?? engage).cpuUs),
      figureOf("Flagbridge's own format, 500 operations", "µs/item", (kinds.own ?? engage).cpuUs),
      figureOf("segment-targets of Census, 500 members", "µs/item", (kinds.census ?? engage).cpuUs),
      figureOf("one event", "µs", single.cpuUs, LIMIT_SINGLE_US),
    ];
  },
};

async function handlerOn({ members, request }: Kind) {
  const { handle, takeQueued } = ingestFunction(connectionsTo("https://app.launchdarkly.com"));
  const events = Array.from({ length: DISTINCT }, (_, number) => request(number * members));
  const rounds = Math.max(10, Math.round(200_000 / (members * DISTINCT)));
  return {
    items: members * DISTINCT,
    warmUpRounds: Math.ceil(rounds / 2),
    rounds,
    gate: async () => {
      for (const [number, event] of events.entries()) {
        const { statusCode } = await handle(event);
        if (statusCode !== 200 && statusCode !== 204) throw new GateError(`answered ${statusCode}`);
        check(takeQueued(), membersFrom(number * members, members));
      }
    },
    round: async () => {
      for (const event of events) await handle(event);
      takeQueued();
    },
  };
}

/** Every member is in the queue, once and in order, and no message is larger than it may be. */
function check(queued: readonly string[], members: readonly string[]): void {
  const large = queued.find((body) => Buffer.byteLength(body) > MAX_MESSAGE_BYTES);
  if (large !== undefined) throw new GateError(`a message has ${Buffer.byteLength(large)} bytes`);
  const found = queued
    .flatMap((body) => operationsOf(audienceOperationsMessage.parse(JSON.parse(body))))
    .map(({ contextKey, action, segment }) => `${action} ${contextKey} ${segment.id}`);
  const differs = members.findIndex((key, at) => found[at] !== `add ${key} ${AUDIENCE.id}`);
  if (differs >= 0)
    throw new GateError(`operation ${differs} is ${found[differs]}, not an add of its member`);
  if (found.length !== members.length)
    throw new GateError(`${found.length} operations are queued, not ${members.length}`);
}

/**
 * The least that any ingest of the Engage webhook does: the signature over the text, the text parsed, each event's few
 * facts put down, and messages of 300 written: as many as ids and keys of this length let into 60 KB.
 */
async function floorOf() {
  const events = Array.from({ length: DISTINCT }, (_, number) => engage(number * BATCH));
  let queued: string[] = [];
  const takeOne = ({ body: text = "" }: APIGatewayProxyEventV2): void => {
    if (createHmac("sha1", SHARED_SECRET).update(text).digest("hex").length !== 40)
      throw new GateError("no HMAC");
    // Made by engageEvents above; a floor checks nothing.
    const batch = JSON.parse(text) as ReturnType<typeof engageEvents>;
    const operations = batch.map(({ userId, timestamp, messageId }, index) => ({
      segment: 0,
      key: userId,
      action: "add",
      at: Date.parse(timestamp),
      index,
      id: messageId,
    }));
    const frame = { v: 1, kind: "audience.operations", connection: "engage", acceptedAt: Date.now() };
    const segments = [{ id: AUDIENCE.id, name: "First time shopper", kind: "user" }];
    for (let start = 0; start < operations.length; start += 300) {
      const message = { ...frame, segments, operations: operations.slice(start, start + 300) };
      queued.push(JSON.stringify(message));
    }
  };
  return {
    items: BATCH * DISTINCT,
    warmUpRounds: 10,
    rounds: 20,
    gate: async () => {
      for (const [number, event] of events.entries()) {
        queued = [];
        takeOne(event);
        check(queued, membersFrom(number * BATCH, BATCH));
      }
    },
    round: async () => {
      queued = [];
      for (const event of events) takeOne(event);
    },
  };
}

function engage(first: number): APIGatewayProxyEventV2 {
  const body = JSON.stringify(engageEvents(first, BATCH));
  const signature = createHmac("sha1", SHARED_SECRET).update(body).digest("hex");
  return eventOf("/c/engage", { "x-segment-signature": signature }, body);
}

function sdk(first: number, members: number): APIGatewayProxyEventV2 {
  const body = JSON.stringify({ batch: engageEvents(first, members), sentAt: AT });
  return eventOf("/v1/batch", { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` }, body);
}

function own(first: number): APIGatewayProxyEventV2 {
  const segment = { id: AUDIENCE.id, name: "First time shopper" };
  const audienceOperations = membersFrom(first, BATCH).map((contextKey) => ({
    segment,
    contextKey,
    action: "add",
    at: AT,
  }));
  return eventOf("/c/own", { authorization: TOKEN }, JSON.stringify({ audienceOperations }));
}

function census(first: number): APIGatewayProxyEventV2 {
  const batch = membersFrom(first, BATCH).map((user_id) => ({
    user_id,
    cohort_id: AUDIENCE.id,
    cohort_name: "C",
    value: true,
  }));
  const body = JSON.stringify({ environment_id: "environment", context_kind: "user", batch });
  return eventOf("/api/v2/segment-targets/census-synced-segments", { authorization: TOKEN }, body);
}
