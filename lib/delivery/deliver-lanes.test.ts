import { describe, expect, test } from "vitest";
import { breakerOf, noBreakers } from "../http/breaker.ts";
import { limitOf, noLimits } from "../http/rate-limit.ts";
import type { HttpAnswer } from "../http/session.ts";
import { eventSenderOf } from "./call-outcome.ts";
import { deliverLanes } from "./deliver-lanes.ts";
import type { Fate } from "./fate.ts";
import { noEvidence, type Refusal } from "./isolate.ts";
import { type EventSender, startLane } from "./lane.ts";
import { SPLIT_REFILL_MS, SPLIT_REQUESTS, splitBudget } from "./split-budget.ts";
import { unlimited } from "./time-budget.ts";

/** Delivers 20 requests to a place that was silent, and whose silence may be over. */
async function deliverAfterSilence(answer: HttpAnswer) {
  const breaker = breakerOf(noBreakers(), "place");
  const fault = { why: "destination-silent", pauseMs: 2_000, lookAtMs: 0 } as const;
  breaker.set({ ...fault, kind: "closed", untilMs: 1_000 });
  let requests = 0;
  const sender = eventSenderOf({
    name: "place",
    destination: { now: () => 1_000, limit: limitOf(noLimits(), { account: "place" }), breaker },
    endpoint: { meanings: {} },
    post: async () => {
      requests += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return answer;
    },
  });
  const lane = startLane(sender, { maxEvents: 1, maxBytes: 1_000 });
  const add = lane.startMessage(20, "one");
  for (let item = 0; item < 20; item += 1) add(`e${item}`, "{}", item);
  const fates: string[] = [];
  const settle = (item: number, { kind }: { readonly kind: string }): void => {
    fates[item] = kind;
  };
  const splits = splitBudget(() => 1_000);
  await deliverLanes([lane], { settle, budget: unlimited, deliveryMs: 1, random: () => 0, splits });
  return { requests, fates };
}

test("a place that is back takes everything, and not only its probe", async () => {
  expect(await deliverAfterSilence({ kind: "answered", status: 202, headers: {}, body: "" })).toEqual({
    requests: 20,
    fates: Array(20).fill("delivered"),
  });
});

test("a place that is still silent is asked once", async () => {
  expect(await deliverAfterSilence({ kind: "unanswered", reason: "no-answer" })).toEqual({
    requests: 1,
    fates: Array(20).fill("retry"),
  });
});

const refusal: Refusal = { kind: "refused", status: 400, reason: "refused-by-posthog", cause: "odd" };

/** Delivers so many events in requests of eight, to a place that refuses every request with an id of `isBad`. */
async function deliver(count: number, isBad: (id: number) => boolean, splits = splitBudget(() => 1_000)) {
  const sent: number[] = [];
  const fates = new Map<number, Fate>();
  const sender: EventSender = {
    evidence: noEvidence(),
    send: async (events) => {
      sent.push(events.length);
      return events.some(({ id }) => isBad(Number(id))) ? refusal : "delivered";
    },
  };
  const lane = startLane(sender, { maxEvents: 8, maxBytes: 1e6 });
  const add = lane.startMessage(count, "one");
  for (let item = 0; item < count; item += 1) add(String(item), "{}", item);
  await deliverLanes([lane], {
    settle: (item, fate) => {
      expect(fates.has(item), "settled once").toBe(false);
      fates.set(item, fate);
    },
    budget: unlimited,
    deliveryMs: 1,
    random: () => 0.5,
    splits,
  });
  return { sent, fates: [...fates.values()] };
}

describe("requests of which some are refused", () => {
  test("are all sent before the first of them is halved", async () => {
    const { sent, fates } = await deliver(80, (id) => id === 3);
    expect(sent.slice(0, 10)).toEqual(Array(10).fill(8));
    expect(sent[10]).toBe(4);
    expect(fates.map(({ kind }) => kind).sort()).toEqual(["dead", ...Array(79).fill("delivered")]);
  });

  test("share one budget for halves, and what it does not cover comes again at growing distances", async () => {
    const { sent, fates } = await deliver(800, (id) => id % 2 === 0);
    expect(sent.length).toBeGreaterThan(100);
    expect(sent.length).toBeLessThanOrEqual(100 + SPLIT_REQUESTS);
    expect(fates).toHaveLength(800);
    expect(fates).toContainEqual({
      kind: "retry",
      reason: "isolating-refused-members",
      delay: { kind: "backoff" },
    });
  });

  test("share it with the batches before, until time has filled it again", async () => {
    const clock = { nowMs: 1_000 };
    const splits = splitBudget(() => clock.nowMs);
    await deliver(800, (id) => id % 2 === 0, splits);
    const { sent, fates } = await deliver(8, (id) => id % 2 === 0, splits);
    expect(sent).toEqual([8]);
    expect(fates.map(({ kind }) => kind)).toEqual(Array(8).fill("retry"));
    clock.nowMs += SPLIT_REFILL_MS;
    expect((await deliver(8, (id) => id % 2 === 0, splits)).fates.map(({ kind }) => kind).sort()).toEqual([
      ...Array(4).fill("dead"),
      ...Array(4).fill("delivered"),
    ]);
  });
});
