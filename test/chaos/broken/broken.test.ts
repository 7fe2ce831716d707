import { expect, test } from "vitest";
import { SHORT_HOLD_SECONDS } from "../../support/length.ts";
import type { Fault } from "./destination.ts";
import { runBroken } from "./run.ts";

/** What a refused token held up is believed again after a quarter of an hour: `npm run chaos -- --broken` has all four. */
const FAULTS: readonly Fault[] = ["silent", "failing"];

test("whatever one destination does, the others have everything while it lasts, and it has everything after it", {
  timeout: 1_800_000,
}, async () => {
  const { problems } = await runBroken(
    {
      faults: FAULTS,
      wellMs: 1_000,
      brokenMs: 4_000,
      operationsASecond: 10,
      patienceMs: 1_200_000,
      holdSeconds: SHORT_HOLD_SECONDS,
    },
    { note: () => undefined, keepOutput: () => undefined },
  );
  expect(problems).toEqual([]);
});
