import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { audienceOperationsMessage, operationsOf } from "../lib/messages/audience-operations.ts";
import { eventOf } from "./http-api-event.ts";
import { recordOf } from "./sqs-event.ts";

/** The events that the README hands to `sls invoke local`. */
function event(name: string) {
  return JSON.parse(readFileSync(join(import.meta.dirname, "events", name), "utf8"));
}

test("segment-identify.json is what the HTTP API makes of an Engage identify", () => {
  const { requestContext, ...written } = event("segment-identify.json");
  const { requestContext: made, ...rest } = Object(
    eventOf({
      method: "POST",
      target: "/v1/identify",
      headers: {
        authorization: ["Basic ZGV2LXdyaXRlLWtleTo="],
        "content-type": ["application/json"],
        host: ["localhost:3000"],
        "user-agent": ["analytics-node/3.1.0"],
      },
      body: Buffer.from(written.body),
      sourceIp: "127.0.0.1",
      receivedAtMs: requestContext.timeEpoch,
    }),
  );

  expect(written).toEqual(rest);
  expect(requestContext).toEqual({ ...made, requestId: requestContext.requestId });
});

test("audience-batcher.json is an SQS event with one operation", () => {
  const { Records: records } = event("audience-batcher.json");

  expect(records).toEqual([
    recordOf(
      {
        MessageId: records[0].messageId,
        ReceiptHandle: records[0].receiptHandle,
        Body: records[0].body,
        MD5OfBody: records[0].md5OfBody,
        Attributes: records[0].attributes,
        MessageAttributes: {},
      },
      "arn:aws:sqs:us-east-1:000000000000:audience-operations",
    ),
  ]);
  expect(operationsOf(audienceOperationsMessage.parse(JSON.parse(records[0].body)))).toMatchObject([
    { contextKind: "user", contextKey: "user-1", action: "add" },
  ]);
});
