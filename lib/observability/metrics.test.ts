import { Metrics } from "@aws-lambda-powertools/metrics";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MAX_CONNECTIONS, MAX_VALUES, metricsTo, quantilesOf } from "./metrics.ts";

const written: string[] = [];

beforeEach(() => {
  written.length = 0;
  vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", "flagbridge/test");
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", "ingest");
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    written.push(String(line));
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What CloudWatch makes of the lines: metrics by their dimensions' values. */
function metrics() {
  return written.map((line) => {
    const { _aws, ...fields } = JSON.parse(line);
    const [{ Namespace: namespace, Dimensions, Metrics: definitions }] = _aws.CloudWatchMetrics;
    return {
      namespace,
      by: Dimensions.map((names: string[]) => names.map((name) => `${name}=${fields[name]}`).join(" ")),
      values: Object.fromEntries(
        definitions.map(({ Name, Unit }: { Name: string; Unit: string }) => [
          `${Name} ${Unit}`,
          fields[Name],
        ]),
      ),
    };
  });
}

test("a value counts for the function as a whole when no dimensions are named", () => {
  metricsTo(new Metrics(), [])({ ItemsAccepted: 3 });
  expect(metrics()).toEqual([
    { namespace: "flagbridge/test", by: ["service=ingest"], values: { "ItemsAccepted Count": 3 } },
  ]);
});

test("each set of dimensions makes a metric of its own of the same line", () => {
  metricsTo(new Metrics(), ["shop"])(
    { ItemsAccepted: 3, EventToAppliedMs: [20, 40] },
    {},
    { connection: "shop" },
  );
  expect(metrics()).toEqual([
    {
      namespace: "flagbridge/test",
      by: ["service=ingest", "service=ingest connection=shop"],
      values: { "ItemsAccepted Count": 3, "EventToAppliedMs Milliseconds": [20, 40] },
    },
  ]);
});

test("what is 0 is not written, and a line of nothing but zeros neither", () => {
  const record = metricsTo(new Metrics(), []);
  record({ ItemsAccepted: 0, ItemsRejected: 1 });
  record({ ItemsAccepted: 0, EventToAppliedMs: [] });
  expect(metrics()).toMatchObject([{ values: { "ItemsRejected Count": 1 } }]);
});

test("dimensions of one call are not those of the next", () => {
  const record = metricsTo(new Metrics(), ["shop"]);
  record({ Requests: 1 }, { destination: "launchdarkly", status: "204" });
  record({ ItemsDead: 1 }, { reason: "too-old" });
  expect(metrics().map(({ by }) => by)).toEqual([
    ["service=ingest destination=launchdarkly status=204"],
    ["service=ingest reason=too-old"],
  ]);
});

test("connections beyond the first twenty, and those of no configuration, share one name", () => {
  const names = Array.from({ length: MAX_CONNECTIONS + 1 }, (_, index) => `c${index}`);
  const record = metricsTo(new Metrics(), names);
  for (const connection of ["c19", "c20", "gone"]) record({ ItemsAccepted: 1 }, { connection });
  expect(metrics().map(({ by }) => by[0])).toEqual([
    "service=ingest connection=c19",
    "service=ingest connection=other",
    "service=ingest connection=other",
  ]);
});

test("a list as long as quantiles become stays one line", () => {
  metricsTo(
    new Metrics(),
    [],
  )({ EventToAppliedMs: quantilesOf(Array.from({ length: 10_000 }, (_, at) => at + 1)) });
  expect(metrics()).toHaveLength(1);
});

test("quantiles keep the least, the middle and the largest of many values", () => {
  const quantiles = quantilesOf(Array.from({ length: 10_001 }, (_, at) => 10_000 - at));
  expect(quantiles).toHaveLength(MAX_VALUES);
  expect([quantiles[0], quantiles.at(-1)]).toEqual([0, 10_000]);
  expect(Math.abs((quantiles[MAX_VALUES / 2] ?? 0) - 5_000)).toBeLessThan(200);
});

test("few values are all there", () => {
  expect(quantilesOf([3, 1, 2])).toEqual([1, 2, 3]);
});
