import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { callAws } from "./aws-call.ts";
import { batchOutcome, receivedMessage, recordOf, type SqsRecord } from "./sqs-event.ts";

export type EventSourceConfig = {
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** Most messages of one invocation. */
  readonly batchSize: number;
  /** How long a batch may wait for more messages, from its first one on. */
  readonly windowMs: number;
  /** Invocations at a time. */
  readonly concurrency: number;
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly onProblem: (problem: string) => void;
  /** `running` without it. */
  readonly initially?: "running" | "paused";
};

/** Lambda's words: `Enabling` until it has asked for messages once, `Disabling` until every batch it has taken is through. */
export type EventSourceState = "Enabling" | "Enabled" | "Disabling" | "Disabled";

/** Lambda changes no mapping that is still `Enabling` or `Disabling`; nothing happens then. */
export type EventSourceChange = "accepted" | "in-transition";

export type EventSource = {
  readonly state: () => EventSourceState;
  /** Takes no more messages, also from a receive that is under way; those that it has taken are finished. */
  readonly pause: () => EventSourceChange;
  readonly resume: () => EventSourceChange;
  /** Pauses for good, and resolves when every batch it has taken is through. */
  readonly stop: () => Promise<void>;
};

/** Lambda's limit for the event of one invocation. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;
const EVENT_FRAME_BYTES = Buffer.byteLength('{"Records":[]}');
const RECEIVE_AT_MOST = 10;
/** Short, because a stop waits for it. SQS itself takes whole seconds alone; fauxqs is not so strict. */
const LONG_POLL_SECONDS = 0.2;
const PAUSE_WHEN_EMPTY_MS = 25;
const PAUSE_AFTER_PROBLEM_MS = 1000;
const DELETES_AT_A_TIME = 8;

/**
 * An SQS event-source mapping: gathers messages into batches, invokes the function and deletes what it processed.
 * What it did not process stays in flight until its visibility timeout, which the function may have changed, is over.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * It receives only while an invocation may start, so that messages wait in the queue and not in here.
 */
export function startEventSource(config: EventSourceConfig): EventSource {
  let state: EventSourceState = "Disabled";
  let isStopped = false;
  let done = Promise.resolve();
  const takesMessages = (): boolean => state === "Enabling" || state === "Enabled";
  /** Received, but over the size of the batch before. */
  let carried: readonly SqsRecord[] = [];
  const invocations = new Set<Promise<void>>();

  const run = async (): Promise<void> => {
    while (takesMessages() || carried.length > 0) {
      while (invocations.size >= config.concurrency) await Promise.race(invocations);
      try {
        const batch = await gather();
        if (batch.length === 0) continue;
        const invocation = invokeWith(batch).finally(() => invocations.delete(invocation));
        invocations.add(invocation);
      } catch (error) {
        config.onProblem(`receiving failed, trying again: ${error}`);
        await sleep(PAUSE_AFTER_PROBLEM_MS);
      }
    }
    await Promise.all(invocations);
    state = "Disabled";
  };

  const gather = async (): Promise<readonly SqsRecord[]> => {
    const batch: SqsRecord[] = [];
    let bytes = EVENT_FRAME_BYTES;
    let endMs = Number.POSITIVE_INFINITY;
    const add = (records: readonly SqsRecord[]): boolean => {
      for (const [index, record] of records.entries()) {
        const recordBytes = Buffer.byteLength(JSON.stringify(record)) + 1;
        if (batch.length >= config.batchSize || bytes + recordBytes > MAX_EVENT_BYTES) {
          carried = records.slice(index);
          return false;
        }
        if (batch.length === 0) endMs = Date.now() + config.windowMs;
        batch.push(record);
        bytes += recordBytes;
      }
      return batch.length < config.batchSize;
    };

    const left = carried;
    carried = [];
    let room = add(left);
    while (room && takesMessages()) {
      const received = await receive(config, batch.length === 0 ? LONG_POLL_SECONDS : 0);
      if (!takesMessages()) {
        // Sent after the pause, into a long poll from before it: whoever pauses and then sends would see it disappear.
        await giveBack(config, received);
        break;
      }
      if (state === "Enabling") state = "Enabled";
      room = add(received);
      if (Date.now() >= endMs) break;
      if (received.length === 0 && batch.length > 0)
        await sleep(Math.min(PAUSE_WHEN_EMPTY_MS, endMs - Date.now()));
    }
    return batch;
  };

  const invokeWith = async (batch: readonly SqsRecord[]): Promise<void> => {
    let result: unknown;
    try {
      result = await config.invoke({ Records: batch });
    } catch {
      // Its reason is in the function's log. Every message comes back when its visibility timeout is over.
      return;
    }
    const outcome = batchOutcome(batch, result);
    if (outcome.kind === "unusable") {
      config.onProblem(`the function's answer fails its whole batch: ${outcome.reason}`);
      return;
    }
    try {
      await deleteAll(config, outcome.records);
    } catch (error) {
      config.onProblem(`deleting failed, the messages will come again: ${error}`);
    }
  };

  const start = (): void => {
    state = "Enabling";
    done = run();
  };
  if (config.initially !== "paused") start();
  return {
    state: () => state,
    pause: () => {
      if (state === "Enabling" || state === "Disabling") return "in-transition";
      if (state === "Enabled") state = "Disabling";
      return "accepted";
    },
    resume: () => {
      if (isStopped || state === "Enabling" || state === "Disabling") return "in-transition";
      if (state === "Disabled") start();
      return "accepted";
    },
    stop: async () => {
      isStopped = true;
      if (takesMessages()) state = "Disabling";
      await done;
    },
  };
}

const receivedMessages = z.object({ Messages: z.array(receivedMessage).default([]) });
const batchAnswer = z.object({ Failed: z.array(z.object({ Code: z.string() })).default([]) });

async function receive(config: EventSourceConfig, waitSeconds: number): Promise<readonly SqsRecord[]> {
  const answer = await callAws({
    endpoint: config.endpoint,
    target: "AmazonSQS.ReceiveMessage",
    input: {
      QueueUrl: config.queueUrl,
      MaxNumberOfMessages: RECEIVE_AT_MOST,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    },
  });
  return receivedMessages.parse(answer).Messages.map((message) => recordOf(message, config.queueArn));
}

async function giveBack(config: EventSourceConfig, records: readonly SqsRecord[]): Promise<void> {
  if (records.length === 0) return;
  const entry = { VisibilityTimeout: 0 };
  const failed = await failuresOf(config, "ChangeMessageVisibilityBatch", { records, entry });
  if (failed.length > 0)
    config.onProblem(
      `${failed.length} messages were not given back (${failed[0]?.Code}), and come when their visibility timeout is over`,
    );
}

async function deleteAll(config: EventSourceConfig, records: readonly SqsRecord[]): Promise<void> {
  const groups: (readonly SqsRecord[])[] = [];
  for (let start = 0; start < records.length; start += RECEIVE_AT_MOST) {
    groups.push(records.slice(start, start + RECEIVE_AT_MOST));
  }
  const deleteNext = async (): Promise<void> => {
    for (let group = groups.pop(); group; group = groups.pop()) await deleteGroup(config, group);
  };
  await Promise.all(Array.from({ length: DELETES_AT_A_TIME }, deleteNext));
}

async function deleteGroup(config: EventSourceConfig, records: readonly SqsRecord[]): Promise<void> {
  const failed = await failuresOf(config, "DeleteMessageBatch", { records, entry: {} });
  if (failed.length > 0) config.onProblem(`${failed.length} messages were not deleted (${failed[0]?.Code})`);
}

/** Does one thing to each of at most ten messages: what SQS did not do. */
async function failuresOf(
  { endpoint, queueUrl }: EventSourceConfig,
  operation: "DeleteMessageBatch" | "ChangeMessageVisibilityBatch",
  { records, entry }: { readonly records: readonly SqsRecord[]; readonly entry: object },
): Promise<readonly { readonly Code: string }[]> {
  const answer = await callAws({
    endpoint,
    target: `AmazonSQS.${operation}`,
    input: {
      QueueUrl: queueUrl,
      Entries: records.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        ...entry,
      })),
    },
  });
  return batchAnswer.parse(answer).Failed;
}
