import { type BatchAnswer, type Copy, type RecordOutcome, settleBatch } from "./settle.ts";

/** What SQS said about one entry: only `confirmed` is in the queue. `code` is SQS's or the network's, safe to log. */
export type QueueOutcome =
  | { readonly kind: "confirmed" }
  | { readonly kind: "failed"; readonly code: string; readonly requestId?: string | undefined };

/** What a queue did not take: the number of entries by SQS's or the network's code, and AWS's ids of the calls. */
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

/** Copies that are sent before it is asked again whether there is time for more: as many as SQS takes in calls side by side. */
const COPIES_A_ROUND = 160;

/** {@link settleBatch} against a queue and its dead-letter queue. */
export function settleOn(
  outcomes: readonly RecordOutcome[],
  on: {
    readonly queues: DeliveryQueues;
    readonly queueUrl: string;
    readonly deadLetterQueueUrl: string;
    readonly service: string;
    /** Told of entries that a queue did not take: their messages are received again. */
    readonly noteUnconfirmed: (queueUrl: string, unconfirmed: Unconfirmed) => void;
    /**
     * Whether there is time for more copies. What is not copied stays in flight and comes again by its visibility: of an invocation
     * that is killed between copies and their originals' end, both come.
     */
    readonly mayCopy: () => boolean;
    readonly nowMs: number;
    readonly random: () => number;
  },
): Promise<BatchAnswer> {
  const { queues, queueUrl, deadLetterQueueUrl, service, noteUnconfirmed, mayCopy, nowMs, random } = on;
  const confirmed = (url: string, answers: readonly QueueOutcome[]): boolean[] =>
    confirmedBy(answers, (unconfirmed) => noteUnconfirmed(url, unconfirmed));
  return settleBatch(outcomes, {
    service,
    nowMs,
    random,
    sendDeadLetters: async (letters) =>
      confirmed(deadLetterQueueUrl, await queues.sendToQueue(deadLetterQueueUrl, letters)),
    requeue: async (rests) => {
      const taken = new Set<Copy>();
      for (let from = 0; from < rests.length && mayCopy(); from += COPIES_A_ROUND) {
        const round = rests.slice(from, from + COPIES_A_ROUND);
        const answers = confirmed(queueUrl, await queues.sendToQueue(queueUrl, round));
        for (const [at, copy] of round.entries()) if (answers[at]) taken.add(copy);
      }
      return rests.map((copy) => taken.has(copy));
    },
    setVisibility: async (changes) => void confirmed(queueUrl, await queues.setVisibility(queueUrl, changes)),
  });
}

/** Returns whether each entry was confirmed, and notes the unconfirmed ones by code if there are any. */
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
