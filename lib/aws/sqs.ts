import { hash } from "node:crypto";
import {
  ChangeMessageVisibilityBatchCommand,
  type MessageAttributeValue,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { QueueOutcome } from "../delivery/settle-queues.ts";
import { sideBySide } from "../delivery/side-by-side.ts";
import { errorCode, requestIdOf } from "./call-failure.ts";
import { clientSettings } from "./client-settings.ts";
import { namesEndpointOfQueues } from "./environment.ts";

/**
 * What one SendMessageBatch or ChangeMessageVisibilityBatch call takes: ten entries, and 1 MiB over all of them.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
const MAX_BATCH_ENTRIES = 10;
const MAX_BATCH_BYTES = 1_048_576;

/** More calls at once would wait for a connection while their time limit runs. */
const CALLS_AT_ONCE = 16;

/** A message to send: its attributes are texts, and count towards its size. */
export type QueueEntry = {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Until the message can be received, at most 900. */
  readonly delaySeconds?: number;
  /**
   * Whose message it is: SQS hands out the others' first while one sender's take more than their share of a queue.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
   */
  readonly groupId?: string | undefined;
};

/** When a message that was received becomes visible again, in whole seconds from now, at most 43,200. */
export type VisibilityChange = { readonly receiptHandle: string; readonly seconds: number };

export type Queues = {
  /** One outcome per entry, in order. What SQS refused is sent once more; what it refuses again is `failed`. Never rejects. */
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly QueueEntry[],
  ) => Promise<readonly QueueOutcome[]>;
  /** One outcome per change, in order, as {@link Queues.sendToQueue}. */
  readonly setVisibility: (
    queueUrl: string,
    changes: readonly VisibilityChange[],
  ) => Promise<readonly QueueOutcome[]>;
};

/**
 * A client with timeouts that fit a function of 10 s: an SQS call answers within tens of milliseconds. Region,
 * credentials and endpoint come from the environment.
 *
 * @param timeoutMs longest one of its two attempts may take, the body of its answer included
 */
export function createSqsClient(timeoutMs = 2_000): SQSClient {
  const limits = { attempts: 2, connectionTimeoutMs: 1_000, timeoutMs, maxSockets: CALLS_AT_ONCE };
  return new SQSClient({
    ...clientSettings(limits),
    // With its own check the client would fail a whole batch for one body that arrived damaged. Digests are compared here,
    // entry by entry.
    md5: false,
    useQueueUrlAsEndpoint: !namesEndpointOfQueues(),
  });
}

export function createQueues(client: SQSClient): Queues {
  return {
    sendToQueue: (queueUrl, entries) =>
      inBatches(entries, entryBytes, async (batch) => {
        const Entries = batch.map(({ item, id }) => ({
          Id: id,
          MessageBody: item.body,
          ...(item.delaySeconds !== undefined && { DelaySeconds: item.delaySeconds }),
          ...(item.groupId !== undefined && { MessageGroupId: item.groupId }),
          ...(item.attributes && { MessageAttributes: textAttributes(item.attributes) }),
        }));
        const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
        return withIntactBodies(batch, answer);
      }),
    setVisibility: (queueUrl, changes) =>
      inBatches(changes, noBytes, (batch) => {
        const Entries = batch.map(({ item, id }) => ({
          Id: id,
          ReceiptHandle: item.receiptHandle,
          VisibilityTimeout: item.seconds,
        }));
        return client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
      }),
  };
}

type Numbered<Item> = { readonly item: Item; readonly id: string; readonly position: number };

/** The parts that are read of both operations' answers. */
type BatchAnswer = {
  readonly $metadata?: { readonly requestId?: string | undefined };
  readonly Successful?:
    | readonly { readonly Id: string | undefined; readonly MD5OfMessageBody?: string | undefined }[]
    | undefined;
  readonly Failed?:
    | readonly {
        readonly Id: string | undefined;
        readonly Code: string | undefined;
        readonly SenderFault: boolean | undefined;
      }[]
    | undefined;
};

/** The answer without the entries whose body arrived damaged: SQS's digest differs from that of what was sent. */
function withIntactBodies(batch: readonly Numbered<QueueEntry>[], answer: BatchAnswer): BatchAnswer {
  const digests = new Map(batch.map(({ id, item }) => [id, hash("md5", item.body)]));
  return {
    ...answer,
    Successful: answer.Successful?.filter(
      ({ Id = "", MD5OfMessageBody }) => digests.get(Id) === MD5OfMessageBody,
    ),
  };
}

/**
 * An entry that SQS refuses by itself is worth a second call at once. A call that got no answer is not: the client has
 * repeated it already, and the time of the function is better spent on answering.
 */
export async function inBatches<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  call: (batch: readonly Numbered<Item>[]) => Promise<BatchAnswer>,
): Promise<readonly QueueOutcome[]> {
  const outcomes: QueueOutcome[] = items.map(() => ({ kind: "failed", code: "NotAnswered" }));
  const send = async (entries: readonly Numbered<Item>[]) => {
    const again: Numbered<Item>[] = [];
    await sideBySide(batchesOf(entries, bytesOf), CALLS_AT_ONCE, async (batch) => {
      again.push(...(await sendBatch(batch, outcomes, call)));
    });
    return again;
  };
  const refused = await send(items.map((item, position) => ({ item, id: String(position), position })));
  if (refused.length > 0) await send(refused);
  return outcomes;
}

/** Writes what became of each entry into `outcomes`, and gives those that a second call may save. */
async function sendBatch<Item>(
  batch: readonly Numbered<Item>[],
  outcomes: QueueOutcome[],
  call: (batch: readonly Numbered<Item>[]) => Promise<BatchAnswer>,
): Promise<readonly Numbered<Item>[]> {
  let answer: BatchAnswer;
  try {
    answer = await call(batch);
  } catch (error) {
    for (const { position } of batch) outcomes[position] = failed(errorCode(error), requestIdOf(error));
    return [];
  }
  // Only what SQS names as successful is confirmed: an entry in neither list is not in the queue.
  const confirmed = new Set(answer.Successful?.map(({ Id }) => Id));
  const refused = new Map(answer.Failed?.map((entry) => [entry.Id, entry]));
  return batch.filter(({ id, position }) => {
    if (confirmed.has(id)) {
      outcomes[position] = { kind: "confirmed" };
      return false;
    }
    const failure = refused.get(id);
    outcomes[position] = failed(failure?.Code ?? "NotAnswered", answer.$metadata?.requestId);
    return failure?.SenderFault !== true;
  });
}

function failed(code: string, requestId: string | undefined): QueueOutcome {
  return { kind: "failed", code, ...(requestId !== undefined && { requestId }) };
}

function batchesOf<Item>(
  entries: readonly Numbered<Item>[],
  bytesOf: (item: Item) => number,
): Numbered<Item>[][] {
  const batches: Numbered<Item>[][] = [];
  let current: Numbered<Item>[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry.item);
    if (current.length === MAX_BATCH_ENTRIES || (current.length > 0 && bytes + size > MAX_BATCH_BYTES)) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(entry);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function entryBytes({ body, attributes = {} }: QueueEntry): number {
  const texts = Object.entries(attributes).map(([name, value]) => Buffer.byteLength(`${name}String${value}`));
  return texts.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(body));
}

const noBytes = () => 0;

function textAttributes(attributes: Readonly<Record<string, string>>): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
  );
}
