import { expect, test } from "vitest";
import type { LookedSegment, Membership } from "../../lib/launchdarkly/membership/membership.ts";
import type { SegmentPlace } from "../../lib/launchdarkly/membership/places.ts";
import { answerWithin } from "./answer-within.ts";

const place = (environment: string): SegmentPlace => ({
  environment,
  settings: { clientSideId: environment, instance: "us", secret: "launchdarkly" },
  writer: "synced",
  segment: { writer: "synced", integration: "custom", id: "vip" },
  ledgerSegment: { environment, segment: "vip" },
  connections: [],
});
const context = { kind: "user", key: "ana" };
const never = new Promise<never>(() => {});
const member: Membership = { member: true, how: "context" };
const looked = (memberOf: () => Promise<Membership>): LookedSegment => ({
  found: { kind: "missing" },
  memberOf,
  exported: async () => undefined,
});

function opened(look: (environment: string) => Promise<LookedSegment>) {
  const silent: string[] = [];
  const slept: number[] = [];
  const within = answerWithin((one) => look(one.environment), {
    ms: 20_000,
    now: () => 0,
    sleep: async (ms) => void slept.push(ms),
    onSilent: (environment) => silent.push(environment),
  });
  const ask = async (environment: string) => (await within(place(environment))).memberOf(context);
  return { ask, silent, slept };
}

test("an environment that does not answer is named, and another one gives its answer", async () => {
  const { ask, silent, slept } = opened((environment) =>
    environment === "hanging" ? never : Promise.resolve(looked(async () => member)),
  );
  const answers = await Promise.all([ask("hanging"), ask("well")]);
  expect(answers).toEqual([{ member: null, how: "no-answer" }, member]);
  expect(silent).toEqual(["hanging"]);
  expect(slept[0]).toBe(20_000);
});

test("one that shows the segment, and then says nothing of the member, is named too", async () => {
  const { ask, silent } = opened(async () => looked(() => never));
  expect(await ask("slow")).toEqual({ member: null, how: "no-answer" });
  expect(silent).toEqual(["slow"]);
});
