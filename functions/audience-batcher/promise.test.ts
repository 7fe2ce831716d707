import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Hold, Ledger } from "../../lib/audience/ledger/ledger.ts";
import { IS_LONG, SEARCH_TIMES } from "../../test/support/length.ts";
import { memoryLedger } from "../../test/support/memory-ledger.ts";
import { WORLD } from "./promise.invocation.ts";
import { type Confirm, type History, run } from "./promise.simulation.ts";

/** How many histories. Settable, so that a longer search can be had: PROMISE_RUNS=100000 npx vitest run promise. */
const RUNS = Number(process.env.PROMISE_RUNS ?? (IS_LONG ? 3_000 : 1_000) * SEARCH_TIMES);
/**
 * A search for what is wrong ends with the first history that shows it. That is the 1,300th on average for the mutation that
 * is hardest to see, so that one search in ten thousand would miss it.
 */
const MUTATED_RUNS = Number(process.env.PROMISE_RUNS ?? 12_000 * SEARCH_TIMES);
/** A search ends by its number of histories, however long those take. */
const timeout = 0;

const step = fc.record({
  at: fc.nat(11),
  member: fc.nat(1),
  action: fc.constantFrom("add" as const, "remove" as const),
  message: fc.nat(7),
});

/** At least three operations for each of two members, the first one's fate known beforehand: no history is idle. */
const history: fc.Arbitrary<History> = fc.record({
  steps: fc.array(step, { minLength: 8, maxLength: 14, size: "max" }).filter(threeOfEach),
  tape: fc.noBias(
    fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 300, maxLength: 1_500, size: "max" }),
  ),
  /** One: a hold covers several requests. Two: a refused request is halved. */
  maxMembers: fc.integer({ min: 1, max: 2 }),
});

function threeOfEach(steps: History["steps"]): boolean {
  return [0, 1].every((member) => steps.filter((each) => each.member === member).length >= 3);
}

async function search(
  numRuns: number,
  mutate: (ledger: Ledger) => Ledger,
  rules = WORLD,
  confirm?: Confirm,
): Promise<fc.RunDetails<[History]>> {
  const property = fc.asyncProperty(history, async (tried) => {
    const { wrong, stuck } = await run(tried, mutate(memoryLedger()), rules, confirm);
    if (wrong.length > 0 && stuck === 0) throw new Error(wrong.join("; "));
    if (stuck > 0) throw new Error(`${stuck} messages were never done`);
  });
  return fc.check(property, {
    numRuns,
    endOnFailure: true,
    ...(process.env.PROMISE_SEED && { seed: Number(process.env.PROMISE_SEED) }),
  });
}

describe("whatever happens on the way, LaunchDarkly ends with the newest accepted operation", () => {
  test("for every member of every random history", { timeout }, async () => {
    const details = await search(RUNS, (ledger) => ledger);
    expect(details.failed, fc.defaultReportMessage(details) ?? "").toBe(false);
  });
});

/** Each takes one safeguard of the protocol away. A search that misses one of them proves nothing above. */
const mutations: Record<
  string,
  { readonly mutate: (ledger: Ledger) => Ledger; readonly rules?: typeof WORLD; readonly confirm?: Confirm }
> = {
  "done before the copy is confirmed": { mutate: (ledger) => ledger, confirm: () => true },
  "no landing time kept": { mutate: (ledger) => ledger, rules: { ...WORLD, landingMs: 0 } },
  "no expiry check before a request or a write": {
    mutate: (ledger) => ({
      ...ledger,
      renewHold: async (hold, nowMs, holdMs) => ({ ...hold, untilMs: nowMs + holdMs }),
    }),
  },
  "release after no answer": {
    mutate: (ledger) => ({ ...ledger, stallHold: (hold) => ledger.releaseHold(hold, "dirty") }),
  },
  "no dirty": {
    mutate: (ledger) => withHolds(ledger, (hold) => ({ ...hold, dirty: 0 })),
  },
  "no dirty after a failure that may have been applied": {
    mutate: (ledger) => ({ ...ledger, releaseHold: (hold) => ledger.releaseHold(hold, "clean") }),
  },
  "no dirty after a takeover": {
    mutate: (ledger) => {
      let dirty = 0;
      return {
        ...withHolds(ledger, (hold) => ({ ...hold, dirty })),
        releaseHold: (hold, ending) => {
          if (ending === "dirty") dirty = hold.n;
          return ledger.releaseHold(hold, ending);
        },
      };
    },
  },
  "trust always": {
    mutate: (ledger) => ({
      ...ledger,
      readEntries: async (...args) => {
        const entries = await ledger.readEntries(...args);
        return new Map([...entries].map(([key, entry]) => [key, { ...entry, n: Number.MAX_SAFE_INTEGER }]));
      },
    }),
  },
  "no version bump on unchanged": {
    mutate: (ledger) => ({
      ...ledger,
      writeEntries: async (segment, kind, entries) => {
        const held = await ledger.readEntries(segment, kind, [...entries.keys()]);
        const bumpOnly = ([key, entry]: [string, Entry]) =>
          held.get(key)?.at === entry.at && held.get(key)?.n === entry.n;
        await ledger.writeEntries(segment, kind, new Map([...entries].filter((each) => !bumpOnly(each))));
      },
    }),
  },
  "release without checking that the hold is ours": {
    mutate: (ledger) => {
      let newest: Hold | undefined;
      return {
        ...ledger,
        takeHold: async (...args) => {
          const answer = await ledger.takeHold(...args);
          if (answer.kind === "taken") newest = answer.hold;
          return answer;
        },
        releaseHold: (hold, ending) => ledger.releaseHold(newest ?? hold, ending),
      };
    },
  },
};

function withHolds(ledger: Ledger, change: (hold: Hold) => Hold): Ledger {
  return {
    ...ledger,
    takeHold: async (...args) => {
      const answer = await ledger.takeHold(...args);
      return answer.kind === "taken" ? { kind: "taken", hold: change(answer.hold) } : answer;
    },
  };
}

describe("the search finds what is wrong when one safeguard is missing", () => {
  test.each(Object.entries(mutations))("%s", { timeout }, async (_, { mutate, rules, confirm }) => {
    const details = await search(MUTATED_RUNS, mutate, rules, confirm);
    expect(details.failed, `${MUTATED_RUNS} histories did not notice`).toBe(true);
    // Not a history that merely never ends: a member that LaunchDarkly holds wrongly.
    expect(String(details.errorInstance)).toContain("LaunchDarkly holds");
  });
});
