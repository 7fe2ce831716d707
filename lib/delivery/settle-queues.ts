import { type BatchAnswer, type RecordOutcome, settleBatch } from "./settle.ts";

/** What SQS said about one entry: only `confirmed` is in the queue. `code` is SQS's or the network's, safe to log. */
export type QueueOutcome =
  | { readonly kind: "confirmed" }
  | { readonly kind: "failed"; readonly code: string; readonly requestId?: string | undefined };

/** What a queue did not take: so many entries by SQS's or the network's code, and AWS's ids of the calls. */
export type Unconfirmed = {
  readonly codes: Readonly<Record<string, number>>;
  readonly awsRequestIds?: readonly string[];
};

/** The calls of SQS that end an invocation. Each answers entry by entry, in order. */
export type DeliveryQueues = {
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly {
      readonly body: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly delaySeconds?: number;
      readonly groupId?: string;
    }[],
  ) => Promise<readonly QueueOutcome[]>;
  readonly setVisibility: (
    queueUrl: string,
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<readonly QueueOutcome[]>;
};

/** {@link settleBatch} against a queue and its dead-letter queue. */
export function settleOn(
  outcomes: readonly RecordOutcome[],
  on: {
    readonly queues: DeliveryQueues;
    readonly queueUrl: string;
    readonly deadLetterQueueUrl: string;
    readonly service: string;
    /** Entries that a queue did not take: their messages come again. */
    readonly noteUnconfirmed: (queueUrl: string, unconfirmed: Unconfirmed) => void;
    readonly nowMs: number;
    readonly random: () => number;
  },
): Promise<BatchAnswer> {
  const { queues, queueUrl, deadLetterQueueUrl, service, noteUnconfirmed, nowMs, random } = on;
  const confirmed = (url: string, answers: readonly QueueOutcome[]): boolean[] =>
    confirmedBy(answers, (unconfirmed) => noteUnconfirmed(url, unconfirmed));
  return settleBatch(outcomes, {
    service,
    nowMs,
    random,
    sendDeadLetters: async (letters) =>
      confirmed(deadLetterQueueUrl, await queues.sendToQueue(deadLetterQueueUrl, letters)),
    requeue: async (rests) => confirmed(queueUrl, await queues.sendToQueue(queueUrl, rests)),
    setVisibility: async (changes) => void confirmed(queueUrl, await queues.setVisibility(queueUrl, changes)),
  });
}

/** Whether each entry was confirmed. What was not is counted by its code, if anything was not. */
export function confirmedBy(
  answers: readonly QueueOutcome[],
  note: (unconfirmed: Unconfirmed) => void,
): boolean[] {
  const codes: Record<string, number> = {};
  for (const answer of answers)
    if (answer.kind === "failed") codes[answer.code] = (codes[answer.code] ?? 0) + 1;
  const ids = new Set(
    answers.flatMap((answer) => (answer.kind === "failed" && answer.requestId ? [answer.requestId] : [])),
  );
  if (Object.keys(codes).length > 0) note({ codes, ...(ids.size > 0 && { awsRequestIds: [...ids] }) });
  return answers.map(({ kind }) => kind === "confirmed");
}
