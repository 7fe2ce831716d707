import { expect, test } from "vitest";
import { timeBudget, unlimited, within } from "./time-budget.ts";

test("a budget keeps a reserve", () => {
  const budget = timeBudget(() => 10_000, 1_000);
  expect(budget.allows(9_000)).toBe(true);
  expect(budget.allows(9_001)).toBe(false);
});

test("a budget within another ends at its own moment, and with the other", () => {
  let nowMs = 999;
  const own = within(unlimited, { untilMs: 1_000, now: () => nowMs });
  expect(own.allows(60_000)).toBe(true);
  nowMs = 1_000;
  expect(own.allows(1)).toBe(false);
  expect(within({ allows: () => false }, { untilMs: 2_000, now: () => nowMs }).allows(1)).toBe(false);
});
