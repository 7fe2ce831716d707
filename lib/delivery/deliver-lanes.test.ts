import { expect, test } from "vitest";
import { breakerOf, noBreakers } from "../http/breaker.ts";
import { limitOf, noLimits } from "../http/rate-limit.ts";
import type { HttpAnswer } from "../http/session.ts";
import { eventSenderOf } from "./call-outcome.ts";
import { deliverLanes } from "./deliver-lanes.ts";
import { startLane } from "./lane.ts";
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
  await deliverLanes([lane], { settle, budget: unlimited, deliveryMs: 1, random: () => 0 });
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
