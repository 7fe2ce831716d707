import type { SQSRecord } from "aws-lambda";

/** A record as SQS hands it to a function, received for the first time unless told otherwise. */
export function queuedRecord(
  body: string,
  {
    id = "id",
    receiptHandle = id,
    sentAtMs = 0,
    firstReceivedAtMs = sentAtMs,
    receives = 1,
    attributes = {},
    queueName = "flagbridge-test-queue",
  }: {
    readonly id?: string;
    readonly receiptHandle?: string;
    /** Unix ms. */
    readonly sentAtMs?: number;
    /** Unix ms. */
    readonly firstReceivedAtMs?: number;
    readonly receives?: number;
    /** The message's own: what our copies carry on. */
    readonly attributes?: Readonly<Record<string, string>>;
    /** Full, as it ends the queue's ARN. */
    readonly queueName?: string;
  } = {},
): SQSRecord {
  return {
    messageId: id,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      ApproximateFirstReceiveTimestamp: String(firstReceivedAtMs),
      SentTimestamp: String(sentAtMs),
      SenderId: "AROAEXAMPLE:ingest",
    },
    messageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue, dataType: "String" }]),
    ),
    md5OfBody: "0".repeat(32),
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueName}`,
    awsRegion: "us-east-1",
  };
}
