import { describe, expect, test } from "vitest";
import { routeTo } from "../../functions/audience-batcher/destinations.ts";
import { flush } from "../../functions/audience-batcher/flush.ts";
import { forward as forwardEvents } from "../../functions/metric-forwarder/forward.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { eventSenderOf } from "../../lib/delivery/call-outcome.ts";
import { MAX_BACKOFF_MS } from "../../lib/delivery/retry-delay.ts";
import { RENEW_AFTER_RECEIVES } from "../../lib/delivery/settle.ts";
import { splitBudget } from "../../lib/delivery/split-budget.ts";
import { limitOf } from "../../lib/http/rate-limit.ts";
import type { HttpAnswer, HttpRequest } from "../../lib/http/session.ts";
import { HOLD_RULES } from "../support/hold-rules.ts";
import { memoryLedger } from "../support/memory-ledger.ts";
import { type OutageInvocation, REQUEST_TIMEOUT_MS, START_MS, simulateOutage } from "./outage.simulation.ts";

const HOUR_MS = 3_600_000;
const OUTAGE_MS = 5 * HOUR_MS;
/** LaunchDarkly names no number; this one is small, so that a recovery meets it. */
const LIMIT = 20;

const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
  connections: {
    cdp: {
      source: "flagbridge",
      secret: "cdp",
      audiences: { to: ["production"] },
      metrics: { to: ["production"] },
    },
  },
});

const MESSAGES = 200;
const SEGMENTS = 40;

/** What is in the messages, by name. */
function itemsOf(name: string, each: number): readonly string[] {
  return Array.from(
    { length: MESSAGES * each },
    (_, item) => `${name}-${Math.floor(item / each)}-${item % each}`,
  );
}

/** A queue full of operations, and what becomes of the segments behind the outage. */
function fullQueueOfOperations() {
  const bodies = Array.from({ length: MESSAGES }, (_, message) =>
    JSON.stringify({
      ...{ v: 1, kind: "audience.operations", connection: "cdp", acceptedAt: START_MS },
      segments: [{ id: `segment-${message % SEGMENTS}`, name: "Segment", kind: "user" }],
      operations: Array.from({ length: 20 }, (_, index) => ({
        ...{ segment: 0, key: `member-${message}-${index}`, action: "add", at: START_MS, index },
        id: `operation-${message}-${index}`,
      })),
    }),
  );
  const ledger = memoryLedger();
  const arrived = new Set<string>();
  const apply = (request: HttpRequest): void => {
    const { batch } = JSON.parse(String(request.body));
    for (const { userId } of batch) arrived.add(userId);
  };
  const consume = (
    records: Parameters<typeof flush>[0],
    { time, random, budget, limits, send }: OutageInvocation,
  ) =>
    flush(
      records,
      {
        ...{ ledger, budget, random, connections, clock: time, noteFault: () => undefined },
        splits: splitBudget(time.now),
        to: routeTo("production", connections, {
          http: { send: (request) => send(() => apply(request)) },
          now: time.now,
          accessToken: async () => "token",
          limits,
          timeoutMs: REQUEST_TIMEOUT_MS,
          userAgent: "Flagbridge/test",
          noteProblem: () => undefined,
        }),
      },
      HOLD_RULES,
    );
  return { bodies, consume, arrived, items: itemsOf("member", 20) };
}

/** A queue full of metric events, each message a request of its own. */
function fullQueueOfEvents() {
  const bodies = Array.from({ length: MESSAGES }, (_, message) =>
    JSON.stringify({
      ...{ v: 1, kind: "metric.events", connection: "cdp", acceptedAt: START_MS },
      events: Array.from({ length: 50 }, (_, index) => ({
        ...{ type: "custom", key: "bought", contextKeys: { user: "ana" }, at: START_MS, index },
        id: `event-${message}-${index}`,
      })),
    }),
  );
  const arrived: string[] = [];
  const consume = (
    records: Parameters<typeof forwardEvents>[0],
    { time, random, budget, limits, send }: OutageInvocation,
  ) => {
    const sender = eventSenderOf({
      name: "launchdarkly",
      destination: { now: time.now, limit: limitOf(limits, { account: "events" }) },
      endpoint: { meanings: { 400: "refused" } },
      post: async (events): Promise<HttpAnswer> => {
        const apply = (): void => void arrived.push(...events.map(({ id }) => id));
        const first = await send(apply);
        return first.kind === "unanswered" ? send(apply) : first;
      },
    });
    const deliveryMs = 2 * REQUEST_TIMEOUT_MS;
    const to = { destination: "production", laneOf: () => ({ name: "production", sender }) };
    const splits = splitBudget(time.now);
    return forwardEvents(records, {
      ...{ connections, to, budget, random, splits, deliveryMs },
      now: time.now,
    });
  };
  return { bodies, consume, arrived, items: itemsOf("event", 50) };
}

describe.each([
  // How many requests are under way at most when the last one that the limit allows is answered.
  { what: "segments", fullQueue: fullQueueOfOperations, underWay: 2 * 8 },
  { what: "metric events", fullQueue: fullQueueOfEvents, underWay: 2 * 4 },
])("an outage of hours with a queue full of $what", ({ fullQueue, underWay }) => {
  test("loses nothing, and ends without a stampede", { timeout: 120_000 }, async () => {
    const { bodies, consume, items, arrived } = fullQueue();
    const report = await simulateOutage({ bodies, outageMs: OUTAGE_MS, limit: LIMIT, consume });

    expect(report).toMatchObject({ dead: 0, stuck: 0 });
    expect([...arrived].sort()).toEqual([...items].sort());
    // It was one: everything was tried in vain, and again.
    expect(report.requestsInTheOutage).toBeGreaterThan(MESSAGES);
    expect(report.mostReceives).toBeLessThan(RENEW_AFTER_RECEIVES);
    expect(Math.max(...report.requestsByWindow)).toBeLessThanOrEqual(LIMIT + underWay);
    expect(report.refused).toBeLessThanOrEqual(underWay);
    const firstMinute = report.requestsByWindow.slice(0, 6).reduce((sum, requests) => sum + requests, 0);
    expect(firstMinute).toBeLessThan(MESSAGES / 2);
    // The longest backoff, and what was left to do then.
    expect(report.recoveredAfterMs).toBeLessThan(MAX_BACKOFF_MS + 60_000);
  });
});
