import { describe, expect, test } from "vitest";
import type { Fate } from "./fate.ts";
import { type FlushedMessage, recordFlush } from "./record-batch.ts";

const applied: Fate = { kind: "delivered", how: "applied" };
const dead: Fate = { kind: "dead", reason: "refused-by-launchdarkly", cause: "MEMBER-1 is not valid" };
const retry: Fate = { kind: "retry", reason: "launchdarkly-500", delay: { kind: "backoff" } };

/** What a flush records, as `values by dimensions`, and its log line. */
function recorded(messages: readonly FlushedMessage[], requests: Record<string, number> = {}) {
  const metrics: string[] = [];
  const lines: unknown[] = [];
  const note = (event: string, fields: unknown) => void lines.push({ event, fields });
  recordFlush(
    "audience.flushed",
    messages,
    { service: "launchdarkly", destination: "production", requests, ms: 40, endedAtMs: 10_000 },
    {
      log: { info: note, warn: note, error: note },
      recordMetrics: (values, ...sets) => {
        const counted = Object.entries(values).filter(
          ([, value]) => String(value) !== "0" && `${value}` !== "",
        );
        for (const set of sets.length === 0 ? [{}] : sets) {
          const by = Object.entries(set).map(([name, value]) => `${name}=${value}`);
          metrics.push(...counted.map(([name, value]) => [`${name}:${value}`, ...by].join(" ")));
        }
      },
    },
  );
  return { metrics, lines };
}

describe("a flush of two connections", () => {
  const { metrics, lines } = recorded(
    [
      { messageId: "m-1", connection: "shop", fates: [applied, dead], itemTimes: [9_000, 9_500] },
      { messageId: "m-2", connection: "beta", fates: [applied, retry], itemTimes: [4_000, 9_500] },
      { messageId: "m-3", connection: "shop", fates: [{ kind: "delivered", how: "stale" }], itemTimes: [1] },
    ],
    { "204": 2, "no-answer": 1 },
  );

  test("is counted for the function and for each connection", () => {
    expect(metrics).toEqual(
      expect.arrayContaining([
        "ItemsApplied:1",
        "ItemsApplied:1 connection=shop",
        "ItemsStale:1 connection=shop",
        "ItemsDead:1 connection=shop",
        "ItemsApplied:1 connection=beta",
      ]),
    );
  });

  test("says how late what was applied came, and nothing of what was not", () => {
    expect(metrics.filter((metric) => metric.startsWith("EventToAppliedMs"))).toEqual([
      "EventToAppliedMs:1000",
      "EventToAppliedMs:1000 connection=shop",
      "EventToAppliedMs:6000",
      "EventToAppliedMs:6000 connection=beta",
    ]);
  });

  test("gives the reasons, and the requests by destination and status", () => {
    expect(metrics).toEqual(
      expect.arrayContaining([
        "ItemsDead:1 reason=refused-by-launchdarkly",
        "ItemsRetried:1 reason=launchdarkly-500",
        "Requests:2 destination=launchdarkly status=204",
        "Requests:1 destination=launchdarkly status=no-answer",
      ]),
    );
  });

  test("is one line in the log, and nowhere quotes what LaunchDarkly said of a member", () => {
    expect(lines).toHaveLength(1);
    expect(JSON.stringify([lines, metrics])).not.toContain("MEMBER");
  });
});

describe("what is put back into the queue", () => {
  const waits: Fate = { kind: "retry", reason: "out-of-time", delay: { kind: "soon" } };
  const limited: Fate = { kind: "retry", reason: "rate-limited", delay: { kind: "backoff" } };
  const { metrics, lines } = recorded([
    { messageId: "m-11", connection: "shop", fates: [waits, waits, limited], acceptedAt: 4_000 },
    { messageId: "m-12", connection: "shop", fates: [retry, applied], acceptedAt: 5_000 },
  ]);

  test("is counted apart: what waits for its turn, and what is tried again after a failure", () => {
    expect(lines).toMatchObject([
      {
        fields: {
          waiting: { "out-of-time": 2, "rate-limited": 1 },
          retried: { "launchdarkly-500": 1 },
        },
      },
    ]);
    expect(metrics.filter((metric) => /^Items(Waiting|Retried)/.test(metric))).toEqual([
      "ItemsWaiting:2 reason=out-of-time",
      "ItemsWaiting:1 reason=rate-limited",
      "ItemsRetried:1 reason=launchdarkly-500",
    ]);
  });

  test("has one age for both: an alarm on it must not miss what only waits", () => {
    expect(metrics).toContain("OldestRetriedMs:6000");
  });
});

test("an item of the future was applied at once", () => {
  const { metrics } = recorded([
    { messageId: "m-4", connection: "shop", fates: [applied], itemTimes: [20_000] },
  ]);
  expect(metrics).toContain("EventToAppliedMs:1 connection=shop");
});

test("what waits longest is told by what is put back, and not by what is done, also of its destination alone", () => {
  const { metrics } = recorded([
    { messageId: "m-5", connection: "shop", fates: [applied], itemTimes: [9_000], acceptedAt: 1_000 },
    {
      messageId: "m-6",
      connection: "shop",
      fates: [applied, retry],
      itemTimes: [9_000, 9_000],
      acceptedAt: 3_000,
    },
    { messageId: "m-7", connection: "shop", fates: [retry], itemTimes: [9_000], acceptedAt: 5_000 },
  ]);
  expect(metrics.filter((metric) => metric.startsWith("OldestRetriedMs"))).toEqual([
    "OldestRetriedMs:7000",
    "OldestRetriedMs:7000 destination=production",
  ]);
});

test("a message that could not be read has no times", () => {
  const { metrics } = recorded([{ messageId: "m-8", connection: "unknown", fates: [dead] }]);
  expect(metrics).not.toContainEqual(expect.stringContaining("EventToAppliedMs"));
});

test("the line names the messages of which something died, as their dead letters do", () => {
  const { lines } = recorded([
    { messageId: "well", connection: "shop", fates: [applied] },
    { messageId: "bad", connection: "shop", fates: [applied, dead] },
  ]);
  expect(lines).toMatchObject([{ fields: { deadMessages: ["bad"] } }]);
});
