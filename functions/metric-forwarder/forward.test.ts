import { describe, expect, test } from "vitest";
import { connectionsFile } from "../../lib/connections/schema.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import { noEvidence } from "../../lib/delivery/isolate.ts";
import type { EventSender, WrittenEvent } from "../../lib/delivery/lane.ts";
import { splitBudget } from "../../lib/delivery/split-budget.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import type { MetricEventsMessage } from "../../lib/messages/metric-events.ts";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { type ForwardPorts, forward } from "./forward.ts";

const nowMs = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const environment = (clientSideId: string) => ({ clientSideId, secret: "launchdarkly" });
const connections = connectionsFile.parse({
  launchdarkly: { production: environment("prod"), staging: environment("stage") },
  connections: {
    one: { source: "flagbridge", secret: "one", metrics: { to: ["production"] } },
    two: { source: "segment", secret: "two", metrics: { to: ["production"] } },
    both: { source: "flagbridge", secret: "both", metrics: { to: ["production", "staging"] } },
    fresh: { source: "flagbridge", secret: "fresh", metrics: { to: ["production"], maxAgeDays: 2 } },
    audiences: { source: "flagbridge", secret: "audiences", audiences: { to: ["production"] } },
  },
});

function record(ids: readonly string[], rest: Partial<MetricEventsMessage> = {}, at = nowMs): QueuedRecord {
  const events = ids.map((id, index) => ({
    type: "custom",
    key: "bought",
    contextKeys: { user: id },
    at,
    index,
    id,
  }));
  return queuedRecord(
    JSON.stringify({ v: 1, kind: "metric.events", connection: "one", acceptedAt: nowMs, events, ...rest }),
    { sentAtMs: nowMs },
  );
}

type Outcome = Awaited<ReturnType<EventSender["send"]>>;

/** Forwards to an environment that answers as `answer` says, and remembers what it was sent. */
async function forwarded(
  records: readonly QueuedRecord[],
  answer: (events: readonly WrittenEvent[]) => Outcome = () => "delivered",
  { destination = "production", ...ports }: Partial<ForwardPorts> & { readonly destination?: string } = {},
) {
  const sent: { readonly environment: string; readonly ids: readonly string[] }[] = [];
  const outcomes = await forward(records, {
    connections,
    to: {
      destination,
      laneOf: () =>
        Object.hasOwn(connections.launchdarkly, destination)
          ? {
              name: destination,
              sender: {
                evidence: noEvidence(),
                send: async (events) => {
                  sent.push({ environment: destination, ids: events.map(({ id }) => id) });
                  return answer(events);
                },
              },
            }
          : undefined,
    },
    budget: unlimited,
    deliveryMs: 20_000,
    now: () => nowMs,
    random: () => 0,
    splits: splitBudget(() => nowMs),
    ...ports,
  });
  return { sent, outcomes, fates: outcomes.map(({ fates }) => fates.map(({ kind }) => kind)) };
}

describe("a batch of metric events", () => {
  test("goes out together, over messages and connections of one environment", async () => {
    const { sent, fates } = await forwarded([record(["a"]), record(["b"], { connection: "two" })]);
    expect(sent).toEqual([{ environment: "production", ids: ["a", "b"] }]);
    expect(fates).toEqual([["delivered"], ["delivered"]]);
  });

  test("of 1,000 messages with one event each is at most two requests", async () => {
    const { sent } = await forwarded(Array.from({ length: 1_000 }, (_, index) => record([`event-${index}`])));
    expect(sent.length).toBeLessThanOrEqual(2);
  });

  test("sends a message that was delivered twice once, and both are done", async () => {
    const { sent, fates } = await forwarded([record(["a", "b"]), record(["a", "b"])]);
    expect(sent.map(({ ids }) => ids)).toEqual([["a", "b"]]);
    expect(fates.flat()).toEqual(Array(4).fill("delivered"));
  });

  test.each(["production", "staging"])(
    "goes to the environment that its queue is for, %s",
    async (destination) => {
      const { sent, fates } = await forwarded([record(["a"], { connection: "both" })], undefined, {
        destination,
      });
      expect(sent.map(({ environment }) => environment)).toEqual([destination]);
      expect(fates).toEqual([["delivered"]]);
    },
  );

  test("still goes to an environment that its connection has left meanwhile: it was accepted for it", async () => {
    const { sent, fates } = await forwarded([record(["a"])], undefined, { destination: "staging" });
    expect(sent.map((one) => one.environment)).toEqual(["staging"]);
    expect(fates).toEqual([["delivered"]]);
  });

  test("is dead where its environment is gone, and says what to do", async () => {
    const { outcomes, sent } = await forwarded([record(["a"])], undefined, { destination: "gone" });
    expect(sent).toEqual([]);
    expect(outcomes[0]?.fates).toMatchObject([
      { kind: "dead", reason: "unknown-destination", cause: expect.stringContaining('"gone"') },
    ]);
  });
});

describe("what cannot be delivered", () => {
  test("is found among its neighbours, which are delivered", async () => {
    const refuse = (events: readonly WrittenEvent[]): Outcome =>
      events.some(({ id }) => id === "bad")
        ? { kind: "refused", status: 400, reason: "refused-by-launchdarkly", cause: "odd" }
        : "delivered";
    const ids = ["a", "b", "bad", "c", "d", "e", "f", "g"];
    const { fates, outcomes } = await forwarded([record(ids)], refuse);
    expect(fates[0]).toEqual(ids.map((id) => (id === "bad" ? "dead" : "delivered")));
    expect(JSON.parse(outcomes[0]?.bodyOf([2]) ?? "").events).toMatchObject([{ id: "bad" }]);
  });

  test("for want of time comes again soon", async () => {
    const { sent, outcomes } = await forwarded([record(["a"])], undefined, {
      budget: { allows: () => false },
    });
    expect(sent).toEqual([]);
    expect(outcomes[0]?.fates).toMatchObject([{ kind: "retry", reason: "out-of-time" }]);
  });

  test.each(["gone", "constructor", "audiences"])(
    "because connection %s has no metrics waits for whoever took them away",
    async (connection) => {
      const { outcomes } = await forwarded([record(["a"], { connection })]);
      expect(outcomes[0]?.fates).toMatchObject([
        { kind: "retry", reason: "unknown-connection", delay: { kind: "configuration" } },
      ]);
    },
  );

  test.each([
    ["key", { key: "bought\ud800" }],
    ["contextKeys", { contextKeys: { user: "ana\udc00" } }],
    ["contextKeys", { contextKeys: { "user\ud800": "ana" } }],
    ["previousKey", { type: "alias", previousKey: "\ud800", contextKeys: undefined }],
  ])(
    "because %s has half of a surrogate pair is dead alone: LaunchDarkly would take it for another",
    async (field, rest) => {
      const [right] = JSON.parse(record(["a"]).body).events;
      const { body, ...of } = record(["a"]);
      const events = [right, { ...right, id: "b", ...rest }, { ...right, id: "c" }];
      const text = JSON.stringify({ ...JSON.parse(body), events });
      const { sent, outcomes } = await forwarded([{ ...of, body: text }]);
      expect(outcomes[0]?.fates).toMatchObject([
        { kind: "delivered" },
        { kind: "dead", reason: "invalid-message", cause: expect.stringContaining(field) },
        { kind: "delivered" },
      ]);
      expect(sent.map(({ ids }) => ids)).toEqual([["a", "c"]]);
    },
  );

  test("because it is no message of this queue is dead as it is", async () => {
    const { outcomes, fates } = await forwarded([
      queuedRecord('{"kind":"audience.operations"}', { sentAtMs: nowMs }),
      record(["a"]),
    ]);
    expect(outcomes[0]?.fates).toMatchObject([{ kind: "dead", reason: "invalid-message" }]);
    expect(fates[1]).toEqual(["delivered"]);
  });
});

describe("an event that is older than its connection allows", () => {
  test("is dropped, because LaunchDarkly would count it in no experiment", async () => {
    const { sent, outcomes } = await forwarded([
      record(["a"], { connection: "fresh" }, nowMs - 2 * DAY_MS - 1),
    ]);
    expect(sent).toEqual([]);
    expect(outcomes[0]?.fates).toEqual([{ kind: "dropped", reason: "too-late-to-count" }]);
  });

  test("is sent where nothing is said of its age", async () => {
    const { sent } = await forwarded([record(["a"], {}, nowMs - 300 * DAY_MS)]);
    expect(sent).toHaveLength(1);
  });
});
