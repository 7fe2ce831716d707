import { expect, test } from "vitest";
import { clockTime } from "./clock-time.ts";
import { jsonLog, plainLog } from "./function-log.ts";
import { type Paint, unpainted } from "./paint.ts";

const timestamp = "2026-01-02T03:04:05.678Z";
const at = clockTime(Date.parse(timestamp));
const ofEveryLine = { level: "INFO", timestamp, service: "ingest", sampling_rate: 0, cold_start: true };
const request = { ...ofEveryLine, message: "ingest.answered", requestId: "r", status: 200, ms: 3 };
const batch = {
  ...ofEveryLine,
  message: "audience.flushed",
  destination: "production",
  ...{ applied: 0, unchanged: 0, stale: 0, ms: 180 },
  ...{ dropped: {}, dead: {}, waiting: {}, retried: {}, requests: {} },
};

/** What stands on the screen after these lines. */
function shown(
  lines: readonly (object | string)[],
  { paint = unpainted, columns }: { readonly paint?: Paint; readonly columns?: number } = {},
): readonly string[] {
  const written: string[] = [];
  const write = plainLog({
    write: (line) => written.push(line),
    paint,
    names: ["shop", "→ production"],
    meaningOf: (code) =>
      code === "unauthorized" ? "No key. Compare with the connection's secret" : undefined,
    columns: () => columns,
    now: () => Date.parse(timestamp),
  });
  for (const line of lines) write("batcher", typeof line === "string" ? line : JSON.stringify(line));
  return written;
}

test.each([
  ["all of a request", { accepted: 3, connection: "shop" }, "shop          200 accepted 3"],
  [
    "a part of a request",
    { accepted: 1, rejected: { a: 2, b: 1 }, ignored: { page: 1 }, connection: "shop" },
    "shop          200 accepted 1, rejected 3 (a 2, b 1), ignored 1 (page)",
  ],
  [
    "a repetition of a request",
    { accepted: 3, repeated: true, connection: "shop" },
    "shop          200 accepted 3, taken before",
  ],
  [
    "a request to nobody",
    { status: 404, code: "no_such_connection" },
    "–             404 refused: no_such_connection",
  ],
  [
    "a request that our side could not take",
    { status: 503, code: "misconfigured", connection: "shop", causes: ["shop: missing"] },
    "shop          503 refused: misconfigured; shop: missing",
  ],
])("a line says what became of %s", (_, fields, expected) => {
  expect(shown([{ ...request, ...fields }])).toEqual([`${at}  ${expected}`]);
});

test.each([
  [
    "changed",
    { applied: 3, unchanged: 1, stale: 2 },
    "3 members changed, 1 already there, 2 older than what is there",
  ],
  ["was put back", { waiting: { "segment-busy": 2 } }, "2 waiting (segment-busy)"],
  ["failed", { retried: { "launchdarkly-500": 2 } }, "2 to be tried again (launchdarkly-500)"],
  ["was left out", { dropped: { "too-late-to-count": 1 } }, "1 left out (too-late-to-count)"],
])("a line says what of a batch %s", (_, fields, expected) => {
  expect(shown([{ ...batch, ...fields }])).toEqual([`${at}  → production  ${expected} in 180 ms`]);
});

test("a batch with dead letters says where to look, once", () => {
  const dead = { ...batch, applied: 1, dead: { "too-old": 2 } };
  const line = `${at}  → production  1 member changed, 2 dead letters (too-old) in 180 ms`;
  expect(shown([dead, dead])).toEqual([line, expect.stringContaining("npx flagbridge dead-letters"), line]);
});

test("a batch whose destination is closed says until when", () => {
  const closed = { why: "destination-silent", until: timestamp };
  expect(shown([{ ...batch, message: "metrics.forwarded", closed }])).toEqual([
    `${at}  → production  nothing in 180 ms; closed until ${at} (destination-silent)`,
  ]);
});

test("what a code means and what to do follows once, within the columns of the terminal", () => {
  const refused = { ...request, connection: "shop", status: 401, code: "unauthorized" };
  expect(shown([refused, refused], { columns: 40 })).toEqual([
    `${at}  shop          401 refused: unauthorized`,
    "          unauthorized: No key. Compare",
    "          with the connection's secret",
    `${at}  shop          401 refused: unauthorized`,
  ]);
});

test("what is wrong stands out, and what changes nothing stands back", () => {
  const paint: Paint = (tone, text) => `${tone}(${text})`;
  const tones = [
    { ...request, connection: "shop", accepted: 1 },
    { ...request, connection: "shop", rejected: { a: 1 } },
    { ...request, connection: "shop", status: 503, code: "misconfigured" },
    { ...batch, stale: 1 },
    { ...batch, retried: { a: 1 } },
    { ...batch, dead: { a: 1 } },
    { ...ofEveryLine, level: "ERROR", message: "secret.unusable", problem: "shop: missing" },
  ].map((line) => /(\w+)\([^()]*(\([^()]*\)[^()]*)?\)$/.exec(shown([line], { paint })[0] ?? "")?.[1]);
  expect(tones).toEqual(["plain", "warning", "error", "dim", "warning", "error", "error"]);
});

test("the sweeper's line says what no webhook brought", () => {
  const swept = {
    ...ofEveryLine,
    message: "audit-log.swept",
    queued: 2,
    unreadable: 0,
    crowded: 0,
    halted: {},
    ms: 9,
  };
  expect(shown([swept])).toEqual([`${at}  audit log     2 changes found in 9 ms`]);
});

test("a line that has no words of its own shows its fields, and the trace of its error", () => {
  const error = { name: "TypeError", message: "no", stack: "TypeError: no\n    at here" };
  expect(
    shown([{ ...ofEveryLine, level: "ERROR", message: "some.failed", reason: "rate limited", error }]),
  ).toEqual([`${at}  batcher       some.failed reason="rate limited"\n  TypeError: no\n      at here`]);
});

test.each(["plain text", "{not json", '{"some":"json"}', "{}"])("%s shows as it is", (text) => {
  expect(shown([text])).toEqual([`${at}  batcher       ${text}`]);
});

test("metrics are for CloudWatch and show nothing, in words and in JSON", () => {
  const metrics = '{"_aws":{"Timestamp":1},"members":3}';
  const written: string[] = [];
  jsonLog({ write: (line) => written.push(line) })("batcher", metrics);
  expect([...shown([metrics]), ...written]).toEqual([]);
});

test("in JSON each line is as the function wrote it, and text becomes a message", () => {
  const written: string[] = [];
  const write = jsonLog({ write: (line) => written.push(line) });
  write("ingest", JSON.stringify(request));
  write("batcher", "invocation timed-out");
  expect(written).toEqual([
    JSON.stringify(request),
    '{"service":"batcher","message":"invocation timed-out"}',
  ]);
});

const hostile = "\u001b]0;mine\u0007 \u009b2J\u202e";

test("what another server answered is not obeyed by the terminal, and begins no line of its own", () => {
  const level = { ...ofEveryLine, level: "ERROR" };
  const problem = `LaunchDarkly does not let it be made: ${hostile}\n03:04:05  shop  200 accepted 1`;
  const written = shown([
    { ...level, message: "segment.unusable", problem },
    { ...level, message: "step.failed", step: hostile.replaceAll(" ", "") },
    `invocation crashed: ${hostile}`,
  ]);
  expect(written).toHaveLength(3);
  for (const line of written) expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(written[0]).toContain("\\u001b]0;mine\\u0007 \\u009b2J\\u202e\\n03:04:05  shop");
});

test("the lines for a program are not obeyed either, and say the same", () => {
  const written: string[] = [];
  const line = { ...ofEveryLine, message: "segment.unusable", problem: hostile };
  jsonLog({ write: (text) => written.push(text) })("batcher", JSON.stringify(line));
  expect(written[0]).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(written[0] ?? "")).toEqual(line);
});
