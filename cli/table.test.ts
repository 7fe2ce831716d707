import { expect, test } from "vitest";
import { tableLines } from "./table.ts";

const ROWS = [
  ["queue", "reason", "letters", "oldest"],
  ["audience-operations-production", "refused-by-launchdarkly", "12", "2026-05-03T12:00:00Z"],
  ["metric-events-staging", "too-old", "1", "2026-05-03T12:00:00Z"],
];

test("without a terminal a row is one line, however long", () => {
  const { heading, body } = tableLines(ROWS, { right: [2] });
  expect([...heading, ...body]).toEqual([
    "queue                           reason                   letters  oldest",
    "audience-operations-production  refused-by-launchdarkly       12  2026-05-03T12:00:00Z",
    "metric-events-staging           too-old                        1  2026-05-03T12:00:00Z",
  ]);
});

test("in a terminal what is wide goes on below, and every column stays in its place", () => {
  const { heading, body } = tableLines(ROWS, { right: [2], columns: 64 });
  expect([...heading, ...body]).toEqual([
    "queue              reason             letters  oldest",
    "audience-          refused-by-             12  2026-05-03T",
    "operations-        launchdarkly                12:00:00Z",
    "production",
    "metric-events-     too-old                  1  2026-05-03T",
    "staging                                        12:00:00Z",
  ]);
});

test.each([20, 40, 80, 120])("no line is wider than %i columns while a column keeps ten", (columns) => {
  const { heading, body } = tableLines(ROWS, { columns });
  const least = 4 * 12 - 2;
  for (const line of [...heading, ...body]) expect(line.length).toBeLessThanOrEqual(Math.max(columns, least));
});

test("nothing of a cell is lost, also of a word without a place to break, and of a mark at its end", () => {
  for (const text of ["x".repeat(95), "one two three four five six-", "a, b, c, d, e, f, g, h"]) {
    const { body } = tableLines([["name"], [text]], { columns: 12 });
    expect(body.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  }
});
