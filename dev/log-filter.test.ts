import { expect, test } from "vitest";
import { logFilter } from "./log-filter.ts";

const line = '{"level":"ERROR","message":"ingest.answered","status":503,"code":"misconfigured"}';

test.each([
  ["", true],
  ["ERROR", true],
  ["ERROR WARN", false],
  ["?ERROR ?WARN", true],
  ["?WARN ?FATAL", false],
  ['"ingest.answered"', true],
  ['?WARN ?"ingest.answered"', true],
  ['"ingest.failed"', false],
  ["{ $.status >= 500 }", true],
  ["{ $.status = 500 }", false],
  ['{ $.code = "misconfigured" }', true],
  ['{ $.code != "unauthorized" }', true],
  ['{ $.nothing != "unauthorized" }', false],
])("the pattern %s matches the line: %s", (pattern, expected) => {
  const filter = logFilter(pattern);
  expect(filter.kind === "filter" && filter.matches(line)).toBe(expected);
});

test("a pattern for fields matches no line that is no JSON", () => {
  const filter = logFilter("{ $.status = 500 }");
  expect(filter.kind === "filter" && filter.matches("Task timed out")).toBe(false);
});

test.each(["ingest.answered", '"status":503', "{ $.status ~ 5 }", "?audit-log"])(
  "the pattern %s is refused, as CloudWatch refuses it",
  (pattern) => {
    expect(logFilter(pattern).kind).toBe("refused");
  },
);
