import { expect, test } from "vitest";
import { overBudget } from "./size-budget.ts";

const largest = [
  { path: "node_modules/a/index.js", bytes: 90_000 },
  { path: "node_modules/b/index.js", bytes: 40_000 },
  { path: "lib/c.ts", bytes: 20_000 },
];
const budgets = { ingest: 200_000, "other functions": 300_000 };

test("a bundle over its budget is named with the modules that weigh most in it", () => {
  expect(overBudget([{ name: "ingest.cjs", bytes: 200_001, largest }], budgets)).toEqual([
    [
      "ingest.cjs has 200.0 KB, its budget is 200.0 KB. Largest:",
      "  90.0 KB  node_modules/a/index.js",
      "  40.0 KB  node_modules/b/index.js",
      "  20.0 KB  lib/c.ts",
    ].join("\n"),
  ]);
});

test("a bundle within its budget is no problem, and a function without its own has that of the others", () => {
  const sizes = [
    { name: "ingest.cjs", bytes: 200_000, largest },
    { name: "audience-batcher.cjs", bytes: 300_000, largest },
  ];
  expect(overBudget(sizes, budgets)).toEqual([]);
});
