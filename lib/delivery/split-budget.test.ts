import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conclusiveRequests } from "./isolate.ts";
import {
  refilled,
  SEARCH_BEGINS_WITH,
  SPLIT_REFILL_MS,
  SPLIT_REQUESTS,
  splitBudget,
  splitBudgetOf,
} from "./split-budget.ts";

const startMs = 1_800_000_000_000;

describe("a balance", () => {
  test.each<[string, { left: number; afterMs: number }, number]>([
    ["is full again after its time", { left: 0, afterMs: SPLIT_REFILL_MS }, SPLIT_REQUESTS],
    ["is half full after half of it", { left: 0, afterMs: SPLIT_REFILL_MS / 2 }, SPLIT_REQUESTS / 2],
    ["is never more than full", { left: SPLIT_REQUESTS, afterMs: 3_600_000 }, SPLIT_REQUESTS],
    ["gains nothing by a clock that is set back", { left: 5, afterMs: -3_600_000 }, 5],
  ])("%s", (_name, { left, afterMs }, expected) => {
    const atMs = startMs + afterMs;
    expect(refilled({ left, atMs: startMs }, atMs)).toEqual({ left: expected, atMs });
  });

  test("is the same whether it is looked at once or often", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: SPLIT_REQUESTS, noNaN: true }),
        fc.array(fc.nat(60_000)),
        (left, waits) => {
          let often = { left, atMs: startMs };
          for (const wait of waits) often = refilled(often, often.atMs + wait);
          expect(often.left).toBeCloseTo(refilled({ left, atMs: startMs }, often.atMs).left, 6);
        },
      ),
    );
  });

  test("goes on from a clock that was set back", () => {
    const back = refilled({ left: 0, atMs: startMs }, startMs - 3_600_000);
    expect(refilled(back, back.atMs + SPLIT_REFILL_MS).left).toBe(SPLIT_REQUESTS);
  });
});

/** A budget, and the clock that it goes by. */
function budgetAt(clock = { nowMs: startMs }) {
  return { clock, budget: splitBudget(() => clock.nowMs) };
}

/** Makes as many requests as it may, `wanted` at most. */
function searchWith(budget: ReturnType<typeof splitBudget>, needed: number, wanted: number): number {
  const search = budget.begin(needed);
  let made = 0;
  while (made < wanted && search?.take()) made += 1;
  search?.end();
  return made;
}

describe("searches of one destination", () => {
  test("share what there is, and have as much again after its time", () => {
    const { budget, clock } = budgetAt();
    expect([searchWith(budget, 26, 1_000), searchWith(budget, 2, 1_000)]).toEqual([SPLIT_REQUESTS, 0]);
    clock.nowMs += SPLIT_REFILL_MS;
    expect([searchWith(budget, 26, 1_000), searchWith(budget, 2, 1_000)]).toEqual([SPLIT_REQUESTS, 0]);
  });

  test("leave to others what they did not use", () => {
    const { budget } = budgetAt();
    expect([searchWith(budget, 26, 3), searchWith(budget, 26, 1_000)]).toEqual([3, SPLIT_REQUESTS - 3]);
  });

  test("begin only while the largest could, so that small ones do not keep it waiting for ever", () => {
    const { budget, clock } = budgetAt();
    const needed = conclusiveRequests(1_500);
    let smallOnes = 0;
    let largest = 0;
    for (let second = 0; second < 600; second += 1) {
      clock.nowMs += 1_000;
      if (second % 7 === 0 && searchWith(budget, needed, needed) > 0) largest += 1;
      smallOnes += searchWith(budget, 2, 2);
    }
    expect(smallOnes).toBeGreaterThan(0);
    expect(largest).toBeGreaterThan(10);
  });

  test("may need as many as are left whenever one begins, and no more", () => {
    expect(conclusiveRequests(2_048)).toBe(SEARCH_BEGINS_WITH);
    expect(SEARCH_BEGINS_WITH).toBeLessThanOrEqual(SPLIT_REQUESTS);
  });

  test("side by side keep what each has set aside", () => {
    const { budget } = budgetAt();
    const large = budget.begin(20);
    expect(budget.begin(2)).toBeUndefined();
    for (let request = 0; request < SPLIT_REQUESTS; request += 1) expect(large?.take()).toBe(true);
    expect(large?.take()).toBe(false);
  });

  test("begin although the budget is used up when they need no request", () => {
    const { budget } = budgetAt();
    searchWith(budget, 2, 1_000);
    expect(budget.begin(0)?.take()).toBe(false);
    expect(budget.begin(1)).toBeUndefined();
  });

  test("make no more than their share of any time, however small and many their batches are", () => {
    const search = fc.record({
      afterMs: fc.nat(10_000),
      needed: fc.integer({ min: 1, max: 27 }),
      wanted: fc.nat(200),
    });
    fc.assert(
      fc.property(fc.array(search, { maxLength: 200 }), (searches) => {
        const { budget, clock } = budgetAt();
        const made: { readonly atMs: number; readonly requests: number }[] = [];
        for (const { afterMs, needed, wanted } of searches) {
          clock.nowMs += afterMs;
          made.push({ atMs: clock.nowMs, requests: searchWith(budget, needed, wanted) });
        }
        made.forEach(({ atMs: fromMs }, first) => {
          let sum = 0;
          for (const { atMs, requests } of made.slice(first)) {
            sum += requests;
            const share = SPLIT_REQUESTS * (1 + (atMs - fromMs) / SPLIT_REFILL_MS);
            expect(sum).toBeLessThanOrEqual(share + 1e-6);
          }
        });
      }),
    );
  });

  test("of one destination take nothing from those of another", () => {
    const budgets = new Map();
    const now = () => startMs;
    searchWith(splitBudgetOf(budgets, "staging", now), 26, 1_000);
    expect(splitBudgetOf(budgets, "staging", now).mayBegin()).toBe(false);
    expect(splitBudgetOf(budgets, "production", now).mayBegin()).toBe(true);
  });
});
