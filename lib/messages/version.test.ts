import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, decodeVersion, encodeVersion, type Version } from "./version.ts";

const version: fc.Arbitrary<Version> = fc.tuple(
  fc.integer(),
  fc.nat(),
  fc.nat(3),
  fc.string({ minLength: 1, maxLength: 2 }),
);

describe("of two operations on one member", () => {
  test.each<[string, Version, Version]>([
    ["the one that became true later is newer", [2, 0, 0, "a"], [1, 9, 9, "z"]],
    ["at the same time, the one received later", [1, 2, 0, "a"], [1, 1, 9, "z"]],
    ["in the same request, the one further down", [1, 1, 1, "a"], [1, 1, 0, "z"]],
    ["at the same place, the greater id", [1, 1, 0, "b"], [1, 1, 0, "a"]],
  ])("%s", (_, newer, older) => {
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(older, newer)).toBeLessThan(0);
  });

  test("the order is total: antisymmetric, transitive, and equal only for the same", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
        if (compareVersions(a, b) === 0) expect(a).toEqual(b);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

test("a version survives the ledger, whatever its id holds", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.nat(),
      fc.nat(),
      fc.string({ minLength: 1, unit: "grapheme" }),
      (at, received, index, id) => {
        expect(decodeVersion(encodeVersion([at, received, index, id]))).toEqual([at, received, index, id]);
      },
    ),
  );
});

test("a text that is no version is refused", () => {
  expect(() => decodeVersion("yesterday")).toThrow(RangeError);
});
