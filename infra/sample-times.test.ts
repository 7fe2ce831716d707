import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";

const { sentNow } = z
  .object({
    sentNow: z.custom<(event: unknown, nowMs: number) => unknown>((one) => typeof one === "function"),
  })
  .parse(createRequire(import.meta.url)("./sample-times.cjs"));

const NOW_MS = Date.UTC(2031, 4, 3, 19, 42, 50);
const ARN = "arn:aws:sqs:us-east-1:000000000000:flagbridge-local-audience-operations";

function record(body: string, eventSourceARN = ARN) {
  const attributes = { SentTimestamp: "1000", ApproximateReceiveCount: "1" };
  return { messageId: "m", body, attributes, md5OfBody: "", eventSourceARN };
}

describe("a sample of a queue's messages", () => {
  test("is accepted now, and what was earlier in it stays as much earlier", () => {
    const body = JSON.stringify({ acceptedAt: 1_000, operations: [{ at: 400, key: "ana" }] });
    const later = JSON.stringify({
      acceptedAt: NOW_MS,
      operations: [{ at: NOW_MS - 600, key: "ana" }],
    });
    expect(sentNow({ Records: [record(body)] }, NOW_MS)).toEqual({
      Records: [
        {
          ...record(later),
          attributes: { SentTimestamp: String(NOW_MS), ApproximateReceiveCount: "1" },
          md5OfBody: createHash("md5").update(later).digest("hex"),
        },
      ],
    });
  });

  test("keeps a body that is no JSON, for the function to refuse", () => {
    expect(sentNow({ Records: [record("{")] }, NOW_MS)).toMatchObject({ Records: [{ body: "{" }] });
  });

  test("of a real account stays as it came, because it is somebody's message", () => {
    const event = { Records: [record("{}", ARN.replace("000000000000", "123456789012"))] };
    expect(sentNow(event, NOW_MS)).toEqual(event);
  });
});

test.each(["an event of one's own", { from: "2026-01-01" }, "", null, [1]])(
  "%j is no sample and stays as it is",
  (event) => {
    expect(sentNow(event, NOW_MS)).toBe(event);
  },
);

const folder = join(import.meta.dirname, "../dev/events");

test.each(readdirSync(folder))("nothing in %s is of another time than that of its sending", (name) => {
  const sent = JSON.stringify(sentNow(JSON.parse(readFileSync(join(folder, name), "utf8")), NOW_MS));
  const times = [
    ...[...sent.matchAll(/\b1[5-9]\d{11}\b|\b[2-9]\d{12}\b/g)].map(([ms]) => Number(ms)),
    ...[...sent.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)].map(([time]) => Date.parse(time)),
  ];
  expect(times).not.toHaveLength(0);
  for (const time of times) expect(time).toBe(NOW_MS);
  expect(sent.replaceAll("03/May/2031:19:42:50 +0000", "")).not.toMatch(/\d\d\/\w{3}\/\d{4}:/);
});
