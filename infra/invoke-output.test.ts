import { createRequire } from "node:module";
import { expect, test } from "vitest";
import * as z from "zod";

const { shownOnStderr } = z
  .object({
    shownOnStderr: z.custom<(text: string) => string | undefined>((one) => typeof one === "function"),
  })
  .parse(createRequire(import.meta.url)("./invoke-output.cjs"));

const line = '{"level":"INFO","message":"audience.flushed","timestamp":"2026-05-03T19:42:50Z"}';
const metrics = JSON.stringify({
  _aws: {
    Timestamp: 1,
    CloudWatchMetrics: [
      {
        Namespace: "flagbridge/local",
        Dimensions: [["service", "connection"]],
        Metrics: [{ Name: "ItemsApplied", Unit: "Count" }],
      },
    ],
  },
  service: "audience-batcher",
  connection: "own-code",
  ItemsApplied: 3,
});

test.each([
  ["a line of the log", `${line}\n`, `${line}\n`],
  [
    "metrics, by what they measure",
    `${metrics}\n`,
    "metrics: service=audience-batcher connection=own-code ItemsApplied=3\n",
  ],
  [
    "both at once",
    `${line}\n${metrics}\n`,
    `${line}\nmetrics: service=audience-batcher connection=own-code ItemsApplied=3\n`,
  ],
])("stderr has %s", (_, written, shown) => {
  expect(shownOnStderr(written)).toBe(shown);
});

test.each([
  ['{\n    "statusCode": 200\n}\n'],
  ["{}\n"],
  ['{"level":"INFO"}\n'],
  ["null\n"],
  ["text of a library\n"],
])("stdout keeps %j", (written) => {
  expect(shownOnStderr(written)).toBeUndefined();
});
