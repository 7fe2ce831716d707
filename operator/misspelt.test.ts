import { expect, test } from "vitest";
import { misspelt } from "./misspelt.ts";

const hintOf = (known: readonly string[]) =>
  misspelt("--segment", "zzzzzzzz", known, "a segment").split("there are: ")[1];

test.each([
  ["none where there is none", [], "none"],
  ["all of a few", ["a", "b"], "a, b"],
  ["a long one by its beginning", ["x".repeat(61)], `${"x".repeat(60)}…`],
  ["one of several lines on one", ["a\nb"], "a\\nb"],
])("names %s", (_name, known, hint) => {
  expect(hintOf(known)).toBe(hint);
});

test("names some of thousands, and how many more there are", () => {
  const hint = hintOf(Array.from({ length: 20_000 }, (_, at) => `a${at}`));
  expect(hint).toMatch(/^a0, a1, .*, a29 and 19970 more$/);
});
