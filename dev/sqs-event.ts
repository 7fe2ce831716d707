import * as z from "zod";

const attributeValue = z.object({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});

/** A message as ReceiveMessage gives it. */
export const receivedMessage = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  MD5OfBody: z.string(),
  Attributes: z.record(z.string(), z.string()),
  MessageAttributes: z.record(z.string(), attributeValue).default({}),
});

/** One record of an SQS event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
export type SqsRecord = {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, unknown>>;
  readonly md5OfBody: string;
  readonly eventSource: "aws:sqs";
  readonly eventSourceARN: string;
  readonly awsRegion: string;
};

export function recordOf(message: z.infer<typeof receivedMessage>, queueArn: string): SqsRecord {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes,
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes).map(([name, value]) => [
        name,
        {
          ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
          ...(value.BinaryValue !== undefined && { binaryValue: value.BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: value.DataType,
        },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: "us-east-1",
  };
}

const batchResponse = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

export type BatchOutcome =
  | { readonly kind: "processed"; readonly records: readonly SqsRecord[] }
  | { readonly kind: "unusable"; readonly reason: string };

/**
 * What a function made of its batch, by `ReportBatchItemFailures`: no failures reported means that all of it is
 * processed, and a report that cannot be read, or names a message that was not in the batch, that nothing is.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function batchOutcome(batch: readonly SqsRecord[], result: unknown): BatchOutcome {
  const parsed = batchResponse.safeParse(result);
  if (!parsed.success) return { kind: "unusable", reason: "it is no batch response" };
  const failed = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  const records = batch.filter(({ messageId }) => !failed.delete(messageId));
  if (failed.size > 0) return { kind: "unusable", reason: "it names a message that was not in the batch" };
  return { kind: "processed", records };
}
