import { afterEach, expect, test } from "vitest";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import { LOOK_MS } from "../../lib/http/breaker.ts";
import type { HttpAnswer } from "../../lib/http/session.ts";
import { HOLD_RULES } from "../../test/support/hold-rules.ts";
import { countedLedger } from "../../test/support/memory-ledger.ts";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { audienceBatcher } from "./flush.ts";

const startMs = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const connectionsWith = (others: object) =>
  connectionsFile.parse({
    launchdarkly: {
      production: { clientSideId: "prod", secret: "launchdarkly", project: "web", environment: "production" },
    },
    connections: {
      one: { source: "flagbridge", secret: "one", audiences: { to: ["production"] } },
      ...others,
    },
  });
const writesBig = {
  two: { source: "flagbridge", secret: "two", audiences: { to: ["production"], writer: "big" } },
};

let nowMs = startMs;
afterEach(() => {
  nowMs = startMs;
});

/** A record of one operation on each of so many segments. */
function record(segments: number, sentAtMs = nowMs, connection = "one") {
  const numbers = [...Array(segments).keys()];
  return queuedRecord(
    JSON.stringify({
      v: 1,
      kind: "audience.operations",
      connection,
      acceptedAt: sentAtMs,
      segments: numbers.map((n) => ({ id: `s${n}`, name: `S${n}`, kind: "user" })),
      operations: numbers.map((n) => ({
        segment: n,
        key: "ana",
        action: "add",
        at: sentAtMs,
        index: n,
        id: `o${n}`,
      })),
    }),
    { sentAtMs },
  );
}

/** A process of the function: what it counts, and the answer and the token of the moment. */
function processWith(answer: HttpAnswer, connections = connectionsWith({})) {
  const counts = { requests: 0, holds: 0, reads: 0, secrets: 0 };
  const world: { answer: HttpAnswer; answerTo?: (url: string) => HttpAnswer; token: string } = {
    answer,
    token: "old",
  };
  const flush = audienceBatcher({
    connections,
    secrets: {
      readSecrets: async () => {
        counts.secrets += 1;
        return new Map([["launchdarkly", { kind: "usable", value: { accessToken: world.token } }]]);
      },
      onProblem: () => undefined,
    },
    ledger: countedLedger(counts),
    clock: { now: () => nowMs, sleep: async () => undefined, random: () => 0 },
    rules: HOLD_RULES,
    userAgent: "Flagbridge/test",
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const send = async ({ url }: { readonly url: string }): Promise<HttpAnswer> => {
    counts.requests += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return world.answerTo?.(url) ?? world.answer;
  };
  const invoke = (...records: readonly ReturnType<typeof record>[]) =>
    flush(records, { destination: "production", http: { send }, budget: unlimited });
  return { counts, world, invoke };
}

/** What became of the records of a batch that was worked on. */
function outcomesOf(work: Awaited<ReturnType<ReturnType<typeof audienceBatcher>>>) {
  return "closed" in work ? work.outcomes : work;
}

const silent: HttpAnswer = { kind: "unanswered", reason: "no-answer" };
const refused: HttpAnswer = { kind: "answered", status: 401, headers: {}, body: "" };
const taken: HttpAnswer = { kind: "answered", status: 204, headers: {}, body: "" };

test("an environment that falls silent costs the requests in flight, not one for each segment, and then a probe", async () => {
  const { counts, world, invoke } = processWith(taken);
  await invoke(record(1));
  world.answer = silent;
  await invoke(record(40));
  expect(counts.requests).toBe(1 + 8);
  nowMs += 1_000;
  await invoke(record(40));
  expect(counts.requests).toBe(1 + 9);
});

test("an environment of which a process knows nothing yet is asked by one segment, which alone has its hold", async () => {
  const { counts, invoke } = processWith(silent);
  await invoke(record(40));
  expect(counts).toMatchObject({ requests: 1, holds: 1, reads: 1 });
});

test("a silent environment that answers its probe takes the next batch", async () => {
  const { counts, world, invoke } = processWith(silent);
  await invoke(record(1));
  // The hold of a request without an answer stands until it has run out.
  nowMs += 120_000;
  world.answer = taken;
  expect(await invoke(record(1))).toMatchObject([{ fates: [{ kind: "delivered", how: "applied" }] }]);
  expect(counts.requests).toBe(2);
});

test("an environment that is back takes its whole batch, and not only what its probe brought", async () => {
  const { counts, world, invoke } = processWith(silent);
  await invoke(record(1));
  nowMs += 120_000;
  world.answer = taken;
  const [outcome] = outcomesOf(await invoke(record(40)));
  expect(outcome?.fates.filter(({ kind }) => kind !== "delivered")).toEqual([]);
  expect(counts.requests).toBe(41);
});

test("an environment that is still silent is asked by one of a batch's segments", async () => {
  const { counts, invoke } = processWith(silent);
  await invoke(record(1));
  nowMs += 120_000;
  const [outcome] = outcomesOf(await invoke(record(40)));
  expect(outcome?.fates).toHaveLength(40);
  expect(outcome?.fates.every(({ kind }) => kind === "retry")).toBe(true);
  expect(counts.requests).toBe(2);
});

test("a refused credential costs no hold, no read of the ledger and no request until the secret changes", async () => {
  const { counts, world, invoke } = processWith(refused);
  await invoke(record(1));
  const before = { ...counts };
  for (let batch = 0; batch < 5; batch += 1)
    expect(await invoke(record(3))).toMatchObject({ closed: { why: "credential-refused" }, outcomes: [] });
  expect(counts).toEqual(before);
  nowMs += LOOK_MS;
  await invoke(record(1));
  expect(counts).toEqual({ ...before, secrets: before.secrets + 1 });
  world.token = "new";
  world.answer = taken;
  nowMs += LOOK_MS;
  expect(await invoke(record(1))).toMatchObject([{ fates: [{ kind: "delivered", how: "applied" }] }]);
});

test("a closed environment does not keep a message from being dead after twelve days", async () => {
  const { invoke } = processWith(refused);
  await invoke(record(1));
  expect(await invoke(record(1), record(1, nowMs - 13 * DAY_MS))).toMatchObject({
    putBack: [{ messageId: "id" }],
    outcomes: [{ fates: [{ kind: "dead", reason: "undeliverable" }] }],
  });
});

test("a credential that is refused for one kind of segments is not taken for refused by the others", async () => {
  const { counts, world, invoke } = processWith(taken, connectionsWith(writesBig));
  world.answerTo = (url) => (url.includes("/segments/") ? refused : taken);
  const big = record(1, nowMs, "two");
  expect(outcomesOf(await invoke(record(1), big)).map(({ fates }) => fates[0]?.kind)).toEqual([
    "delivered",
    "retry",
  ]);
  const before = { ...counts };
  const outcomes = outcomesOf(await invoke(record(20), record(20, nowMs, "two")));
  expect(outcomes.map(({ fates }) => [...new Set(fates.map(({ kind }) => kind))])).toEqual([
    ["delivered"],
    ["retry"],
  ]);
  // The first segment has its member already.
  expect(counts.requests - before.requests).toBe(19);
  expect(counts.reads - before.reads).toBe(20);
  world.answerTo = () => refused;
  nowMs += LOOK_MS;
  await invoke(record(21));
  expect(await invoke(record(1), big)).toMatchObject({ closed: { why: "credential-refused" }, outcomes: [] });
});
