import { expect, test } from "vitest";
import { renderFunctionLine } from "./function-log.ts";

const line = {
  level: "INFO",
  message: "audience.flushed",
  timestamp: "2026-01-02T03:04:05.678Z",
  service: "audience-batcher",
  sampling_rate: 0,
  xray_trace_id: "1-2-3",
};

test("a log line shows its time, level, name and own fields, and not what every line repeats", () => {
  expect(renderFunctionLine("batcher", JSON.stringify({ ...line, members: 3, reason: "rate limited" }))).toBe(
    '03:04:05.678 INFO  batcher audience.flushed members=3 reason="rate limited"',
  );
});

test("an error shows its stack on lines of its own", () => {
  const error = { name: "TypeError", message: "no", stack: "TypeError: no\n    at here" };

  expect(renderFunctionLine("batcher", JSON.stringify({ ...line, level: "ERROR", error }))).toBe(
    "03:04:05.678 ERROR batcher audience.flushed\n  TypeError: no\n      at here",
  );
});

test("metrics are for CloudWatch and show nothing", () => {
  expect(renderFunctionLine("batcher", '{"_aws":{"Timestamp":1},"members":3}')).toBeUndefined();
});

test.each(["plain text", "{not json", '{"some":"json"}', "{}"])("%s shows as it is", (text) => {
  expect(renderFunctionLine("batcher", text)).toBe(`batcher ${text}`);
});
