import * as fc from "fast-check";
import { expect, test } from "vitest";
import { inTurns } from "./turns.ts";

const order = (pieces: readonly string[]) => inTurns(pieces, (piece) => piece.charAt(0)).join(" ");

test.each([
  { pieces: [], turns: "" },
  { pieces: ["a1", "a2", "a3"], turns: "a1 a2 a3" },
  { pieces: ["a1", "a2", "a3", "b1"], turns: "a1 b1 a2 a3" },
  { pieces: ["a1", "a2", "b1", "c1", "c2", "b2"], turns: "a1 b1 c1 a2 c2 b2" },
])("$pieces take turns as $turns", ({ pieces, turns }) => {
  expect(order(pieces)).toBe(turns);
});

test("each owner's k-th piece comes before any other's (k+1)-th, and nothing is lost or reordered within one", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "d")), (owners) => {
      const pieces = owners.map((owner, number) => ({ owner, number }));
      const turns = inTurns(pieces, ({ owner }) => owner);
      const seen = new Map<string, number>();
      const rounds = turns.map(({ owner }) => {
        const round = seen.get(owner) ?? 0;
        seen.set(owner, round + 1);
        return round;
      });
      expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
      for (const name of seen.keys())
        expect(turns.filter(({ owner }) => owner === name)).toEqual(
          pieces.filter(({ owner }) => owner === name),
        );
    }),
  );
});
