import * as fc from "fast-check";
import { expect, test } from "vitest";
import { takeItems } from "../delivery/open-items.ts";
import { compareVersions, type Version } from "../messages/version.ts";
import { type Candidate, collapse } from "./collapse.ts";

const operation = fc.record({
  contextKey: fc.constantFrom("ana", "bob"),
  action: fc.constantFrom("add" as const, "remove" as const),
  version: fc.tuple(fc.nat(3), fc.nat(1), fc.nat(1), fc.constantFrom("a", "b")),
});

test("whatever the order, the newest operation of each member stays and every other item is superseded", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
      const candidates = new Map<string, Candidate>();
      const superseded: number[] = [];
      for (const [item, each] of operations.entries()) {
        collapse(candidates, { ...each, items: item }, (old) =>
          takeItems(old, (each) => superseded.push(each)),
        );
      }
      for (const contextKey of ["ana", "bob"]) {
        const own = operations
          .map((each, item) => ({ ...each, item }))
          .filter((each) => each.contextKey === contextKey);
        const newest = own.reduce<Version | undefined>(
          (best, { version }) => (!best || compareVersions(version, best) > 0 ? version : best),
          undefined,
        );
        expect(candidates.get(contextKey)?.version).toEqual(newest);
      }
      const kept = [...candidates.values()].flatMap(({ items }) => items);
      expect([...kept, ...superseded].sort((a, b) => a - b)).toEqual(operations.map((_, item) => item));
    }),
  );
});
