import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fate } from "./fate.ts";
import {
  isolate,
  noEvidence,
  type Refusal,
  SINGLES_THAT_BLAME_THE_REQUEST,
  searchGoesOn,
} from "./isolate.ts";
import { SPLIT_REQUESTS, splitBudget } from "./split-budget.ts";

const refusal: Refusal = {
  kind: "refused",
  status: 400,
  reason: "refused-by-launchdarkly",
  cause: "member 3 is odd",
};
const limited: { readonly ending: string; readonly fate: Fate } = {
  ending: "clean",
  fate: { kind: "retry", reason: "rate-limited", delay: { kind: "backoff" } },
};

/** A budget of so many requests, which no time refills. */
const budgetOf = (requests: number) => splitBudget(() => 0, requests);

/** Isolates `bad` among `count` members; from `haltAt` on every request meets a limit. */
async function isolateAmong(
  count: number,
  bad: ReadonlySet<number>,
  haltAt = Number.POSITIVE_INFINITY,
  evidence = noEvidence(),
  splits = budgetOf(1_000),
) {
  const settled = new Map<number, Fate>();
  const delivered = new Set<number>();
  let requests = 0;
  let state = 1;
  const halt = await isolate(
    Array.from({ length: count }, (_, member) => member),
    refusal,
    {
      deliver: async (part) => {
        requests += 1;
        if (requests >= haltAt) return limited;
        if (part.some((member) => bad.has(member))) return refusal;
        for (const member of part) delivered.add(member);
        return "delivered";
      },
      settle: (member, fate) => {
        if (!settled.has(member) && !delivered.has(member)) settled.set(member, fate);
      },
      evidence,
      splits,
      random: () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      },
    },
  );
  return { halt, settled, delivered, requests };
}

describe("isolating the members that LaunchDarkly refuses", () => {
  test("one bad among a thousand costs about 2·log2(1,000) requests and stops nobody", async () => {
    const { halt, settled, delivered, requests } = await isolateAmong(1_000, new Set([613]));
    expect(halt).toBeUndefined();
    expect([...settled]).toEqual([[613, { ...refusal, kind: "dead" }]]);
    expect(delivered.size).toBe(999);
    expect(requests).toBeLessThanOrEqual(20);
  });

  test("few bad ones are found exactly, wherever they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 64 }),
        fc.array(fc.nat(63), { maxLength: 4 }),
        async (count, chosen) => {
          const bad = new Set(chosen.filter((member) => member < count));
          const { halt, settled, delivered, requests } = await isolateAmong(count, bad);
          expect(halt).toBeUndefined();
          expect(new Set(settled.keys())).toEqual(bad);
          expect(delivered.size).toBe(count - bad.size);
          expect(requests).toBeLessThanOrEqual(2 * Math.max(1, bad.size) * Math.ceil(Math.log2(count)) + 2);
        },
      ),
    );
  });

  test("a single member that is refused is dead without another request", async () => {
    const { settled, requests } = await isolateAmong(1, new Set([0]));
    expect(settled.get(0)).toMatchObject({ kind: "dead", cause: "member 3 is odd", status: 400 });
    expect(requests).toBe(0);
  });

  test("when the first eight single members all fail, the request is at fault and nobody is dead", async () => {
    const everybody = new Set(Array.from({ length: 1_000 }, (_, member) => member));
    const { halt, settled, requests } = await isolateAmong(1_000, everybody);
    expect(halt).toBeUndefined();
    expect(settled.size).toBe(1_000);
    for (const fate of settled.values()) {
      expect(fate).toMatchObject({
        kind: "retry",
        reason: "refused-by-launchdarkly-every-member",
        delay: { kind: "configuration" },
      });
    }
    expect(requests).toBeLessThanOrEqual(2 * 10 + 2 * SINGLES_THAT_BLAME_THE_REQUEST);
  });

  test("a destination that has refused eight members and taken none is at fault, however small its requests", async () => {
    const evidence = noEvidence();
    const dead: Fate[] = [];
    for (let request = 0; request < 20; request += 1) {
      const { settled } = await isolateAmong(7, new Set([0, 1, 2, 3, 4, 5, 6]), undefined, evidence);
      dead.push(...[...settled.values()].filter(({ kind }) => kind === "dead"));
    }
    expect(dead.length).toBeLessThan(SINGLES_THAT_BLAME_THE_REQUEST);
  });

  test("one that has taken others refuses members, not requests", async () => {
    const { settled } = await isolateAmong(7, new Set([0, 1, 2, 3, 4, 5, 6]), undefined, {
      taken: true,
      refused: 50,
    });
    expect([...settled.values()].map(({ kind }) => kind)).toEqual(Array(7).fill("dead"));
  });

  test("past its budget it buries what it has found and leaves the rest for the next time", async () => {
    const bad = new Set(Array.from({ length: 100 }, (_, member) => member * 10));
    const { halt, settled, delivered, requests } = await isolateAmong(
      1_000,
      bad,
      undefined,
      undefined,
      budgetOf(64),
    );
    expect(requests).toBe(64);
    expect(halt).toBeUndefined();
    const dead = [...settled].filter(([, { kind }]) => kind === "dead").map(([member]) => member);
    expect(dead.length).toBeGreaterThan(0);
    expect(dead.every((member) => bad.has(member))).toBe(true);
    expect(settled.size + delivered.size).toBe(1_000);
    expect([...delivered].some((member) => bad.has(member))).toBe(false);
  });

  test("searches share a budget, and one that begins when it is used up sends nothing", async () => {
    const splits = budgetOf(SPLIT_REQUESTS);
    const half = new Set(Array.from({ length: 500 }, (_, member) => member * 2));
    const first = await isolateAmong(1_000, half, undefined, noEvidence(), splits);
    const second = await isolateAmong(1_000, half, undefined, noEvidence(), splits);
    expect([first.requests, second.requests]).toEqual([SPLIT_REQUESTS, 0]);
    expect([...second.settled.values()]).toEqual(Array(1_000).fill(searchGoesOn));
    expect(searchGoesOn).toEqual({
      kind: "retry",
      reason: "isolating-refused-members",
      delay: { kind: "backoff" },
    });
  });

  test("a search that its budget cuts short has always come further, and blames no member of a wrong request", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 1_500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: SPLIT_REQUESTS }),
        async (count, share, left) => {
          const bad = new Set(Array.from({ length: Math.ceil(count * share) }, (_, member) => member));
          const splits = budgetOf(left);
          const { settled, delivered, requests } = await isolateAmong(
            ...([count, bad, undefined, noEvidence(), splits] as const),
          );
          expect(settled.size + delivered.size).toBe(count);
          const fates = [...settled.values()];
          if (requests === 0) {
            expect(fates).toEqual(Array(count).fill(searchGoesOn));
            return;
          }
          const waitsForPerson = fates.every(
            (fate) => fate.kind === "retry" && fate.reason === "refused-by-launchdarkly-every-member",
          );
          const came = delivered.size + fates.filter(({ kind }) => kind === "dead").length;
          expect(waitsForPerson || came > 0).toBe(true);
          if (count > 2 * SINGLES_THAT_BLAME_THE_REQUEST && bad.size === count)
            expect(waitsForPerson).toBe(true);
        },
      ),
    );
  });

  test("halves that come again are found all in the end: the bad dead, the good delivered", async () => {
    const half = new Set(Array.from({ length: 500 }, (_, member) => member));
    const dead = new Set<number>();
    const done = new Set<number>();
    let open = Array.from({ length: 1_000 }, (_, member) => member);
    const evidence = noEvidence();
    for (let batch = 0; open.length > 0 && batch < 1_000; batch += 1) {
      await isolate(open, refusal, {
        deliver: async (part) => {
          if (part.some((member) => half.has(member))) return refusal;
          for (const member of part) done.add(member);
          return "delivered";
        },
        settle: (member, fate) => void (fate.kind === "dead" && dead.add(member)),
        evidence,
        splits: budgetOf(SPLIT_REQUESTS),
        random: Math.random,
      });
      open = open.filter((member) => !dead.has(member) && !done.has(member));
    }
    expect(dead).toEqual(half);
    expect(done.size).toBe(500);
  });

  test("a limit at any request ends it, and nobody is dead who was not found alone", async () => {
    const { requests } = await isolateAmong(64, new Set([7, 40]));
    for (let haltAt = 1; haltAt <= requests; haltAt += 1) {
      const cut = await isolateAmong(64, new Set([7, 40]), haltAt);
      expect(cut.halt).toBe(limited);
      expect([...cut.settled.keys()].every((member) => member === 7 || member === 40)).toBe(true);
      if (cut.delivered.size === 0) expect(cut.settled.size).toBe(0);
    }
  });
});
