import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { audienceOperationsMessage, operationsOf } from "../lib/messages/audience-operations.ts";
import { erasureRequestMessage } from "../lib/messages/erasure-request.ts";
import { flagChangesMessage } from "../lib/messages/flag-changes.ts";
import { metricEventsMessage } from "../lib/messages/metric-events.ts";
import { eventOf } from "./http-api-event.ts";
import { scheduledEvent } from "./schedule.ts";
import { recordOf } from "./sqs-event.ts";

/** The events that the README hands to `sls invoke local`. */
function event(name: string) {
  return JSON.parse(readFileSync(join(import.meta.dirname, "events", name), "utf8"));
}

test.each([
  [
    "segment-identify.json",
    "/v1/identify",
    { authorization: "Basic ZGV2LXdyaXRlLWtleTo=", "user-agent": "analytics-node/3.1.0" },
  ],
  ["ingest.json", "/c/own-code", { authorization: "Bearer dev-token", "user-agent": "own-code/1.0" }],
])("%s is what the HTTP API makes of a request to %s", (name, target, headers) => {
  const { requestContext, ...written } = event(name);
  const sent = { ...headers, "content-type": "application/json", host: "localhost:3000" };
  const { requestContext: made, ...rest } = Object(
    eventOf({
      requestId: "events-test",
      method: "POST",
      target,
      headers: Object.fromEntries(Object.entries(sent).map(([header, value]) => [header, [value]])),
      body: Buffer.from(written.body),
      sourceIp: "127.0.0.1",
      receivedAtMs: requestContext.timeEpoch,
    }),
  );

  expect(written).toEqual(rest);
  expect(requestContext).toEqual({ ...made, requestId: requestContext.requestId });
});

/** The one record of an event, as the event source makes it of a message. */
function onlyRecord(name: string, queue: string) {
  const { Records: records } = event(name);
  const [record] = records;
  const message = {
    MessageId: record.messageId,
    ReceiptHandle: record.receiptHandle,
    Body: record.body,
    MD5OfBody: record.md5OfBody,
    Attributes: record.attributes,
    MessageAttributes: {},
  };
  expect(records).toEqual([
    recordOf(message, `arn:aws:sqs:us-east-1:000000000000:flagbridge-local-${queue}`),
  ]);
  expect(record.md5OfBody).toBe(createHash("md5").update(record.body).digest("hex"));
  return JSON.parse(record.body);
}

test("audience-batcher.json is an SQS event with one operation", () => {
  const message = audienceOperationsMessage.parse(
    onlyRecord("audience-batcher.json", "audience-operations-production"),
  );
  expect(operationsOf(message)).toMatchObject([{ contextKind: "user", contextKey: "user-1", action: "add" }]);
});

test("metric-forwarder.json is an SQS event with one metric event", () => {
  const message = metricEventsMessage.parse(onlyRecord("metric-forwarder.json", "metric-events-production"));
  expect(message.events).toMatchObject([
    { key: "Order Completed", contextKeys: { user: "user-1" }, value: 12.5 },
  ]);
});

test("eraser.json is an SQS event with one erasure request", () => {
  const message = erasureRequestMessage.parse(onlyRecord("eraser.json", "erasures"));
  expect(message.contexts).toEqual([{ kind: "user", key: "user-1" }]);
});

test("audit-log-sweeper.json is what the schedule sends", () => {
  const written = event("audit-log-sweeper.json");
  expect(written).toEqual({ ...scheduledEvent(Date.parse(written.time)), id: written.id });
});

test("posthog-forwarder.json is an SQS event with one flag change", () => {
  const message = flagChangesMessage.parse(onlyRecord("posthog-forwarder.json", "flag-changes-main"));
  expect(message.changes).toMatchObject([
    { kind: "flag", name: "Demo flag", titleVerb: "turned on the flag" },
  ]);
});
