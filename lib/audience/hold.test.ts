import { expect, test } from "vitest";
import { memoryLedger } from "../../test/support/memory-ledger.ts";
import { takeGuard } from "./hold.ts";

const rules = { holdMs: 60, requestTimeoutMs: 10, landingMs: 20, writeTimeoutMs: 5, skewMs: 1 };
const segment = { environment: "environment", segment: "beta" };

test("doubt makes what earlier holds wrote unbelievable, at once and for those that follow", async () => {
  const ledger = memoryLedger();
  const take = async () => {
    const clock = { now: () => 0, sleep: async () => undefined };
    const taken = await takeGuard(segment, { ledger, clock, mayWait: () => false }, rules);
    if (taken.kind !== "taken") throw new Error("the hold was busy");
    return taken.guard;
  };
  await (await take()).release("clean");
  const guard = await take();
  expect(guard.current()).toMatchObject({ n: 2, dirty: 0 });
  guard.doubt();
  expect(guard.current()).toMatchObject({ n: 2, dirty: 1 });
  await guard.release("clean");
  expect((await take()).current()).toMatchObject({ n: 3, dirty: 2 });
});
