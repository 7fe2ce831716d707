import * as z from "zod/mini";

/** What is read of a record that SQS hands to a function. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export type QueuedRecord = {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: {
    readonly ApproximateReceiveCount: string;
    readonly ApproximateFirstReceiveTimestamp: string;
    readonly SentTimestamp: string;
    /** The group by which a fair queue takes turns, where the sender named one. */
    readonly MessageGroupId?: string | undefined;
  };
  readonly messageAttributes?: Readonly<
    Record<string, { readonly stringValue?: string | undefined } | undefined>
  >;
};

/** What SQS knows of a message, and our copies of it carry on. */
export type Delivery = {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** SQS's ApproximateReceiveCount of this very message: SQS moves it to the dead-letter queue by this number. */
  readonly receives: number;
  /** How often the messages were received that this one is a copy of. */
  readonly earlierReceives: number;
  readonly firstReceivedAtMs: number;
  /** SQS's SentTimestamp of this very message: SQS deletes it 14 days later. */
  readonly sentAtMs: number;
  /** When ingest, or a person who moved it, put it into the queue: the SentTimestamp of the first of its copies. */
  readonly queuedAtMs: number;
  readonly groupId?: string;
};

/** A copy is sent within seconds of being written. What SQS says was sent later than this was moved by a person. */
const MAX_SENDING_MS = 300_000;
const MAX_RECEIVES = 1_000_000;

const attribute = z.object({ stringValue: z.string().check(z.regex(/^\d{1,15}$/)) });
const numberOf = z.pipe(
  attribute,
  z.transform(({ stringValue }) => Number(stringValue)),
);
const carried = z.object({
  copiedAt: numberOf,
  queuedAt: numberOf,
  firstReceivedAt: numberOf,
  receives: z.pipe(numberOf, z.number().check(z.maximum(MAX_RECEIVES))),
});

/**
 * What a record says of its delivery. A copy's own attributes are read only if all of them are right, and only until
 * somebody sends it anew, as a message move task does: the message then has its whole time again. They make no message
 * younger than SQS says it is.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
export function deliveryOf(record: QueuedRecord): Delivery {
  const { messageId, receiptHandle, attributes } = record;
  const sentAtMs = Number(attributes.SentTimestamp);
  const firstReceivedAtMs = Number(attributes.ApproximateFirstReceiveTimestamp);
  const delivery = {
    messageId,
    receiptHandle,
    receives: Number(attributes.ApproximateReceiveCount),
    sentAtMs,
    ...(attributes.MessageGroupId !== undefined && { groupId: attributes.MessageGroupId }),
  };
  const fresh = { ...delivery, earlierReceives: 0, firstReceivedAtMs, queuedAtMs: sentAtMs };
  // Most are no copies, and a batch has ten thousand.
  if (!record.messageAttributes?.copiedAt) return fresh;
  const read = carried.safeParse(record.messageAttributes);
  if (!read.success || Math.abs(sentAtMs - read.data.copiedAt) > MAX_SENDING_MS) return fresh;
  return {
    ...delivery,
    earlierReceives: read.data.receives,
    firstReceivedAtMs: Math.min(firstReceivedAtMs, read.data.firstReceivedAt),
    queuedAtMs: Math.min(sentAtMs, read.data.queuedAt),
  };
}

/** What the next attempt needs to know and SQS forgets of a message that goes on in a copy. */
export function attributesOfCopy(delivery: Delivery, nowMs: number): Readonly<Record<string, string>> {
  const receives = Math.min(delivery.earlierReceives + delivery.receives, MAX_RECEIVES);
  return {
    copiedAt: String(nowMs),
    queuedAt: String(delivery.queuedAtMs),
    firstReceivedAt: String(delivery.firstReceivedAtMs),
    receives: String(receives),
  };
}
