import { type BatchAnswer, type RecordOutcome, settleBatch } from "./settle-batch.ts";

type Confirmation = { readonly kind: "confirmed" } | { readonly kind: "failed"; readonly code: string };

/** The calls of SQS that end an invocation. Each answers entry by entry, in order. */
export type DeliveryQueues = {
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly {
      readonly body: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly delaySeconds?: number;
    }[],
  ) => Promise<readonly Confirmation[]>;
  readonly setVisibility: (
    queueUrl: string,
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<readonly Confirmation[]>;
};

/** {@link settleBatch} against a queue and its dead-letter queue. */
export function settleOn(
  outcomes: readonly RecordOutcome[],
  on: {
    readonly queues: DeliveryQueues;
    readonly queueUrl: string;
    readonly deadLetterQueueUrl: string;
    readonly destination: string;
    readonly nowMs: number;
    readonly random: () => number;
  },
): Promise<BatchAnswer> {
  const { queues, queueUrl, deadLetterQueueUrl, destination, nowMs, random } = on;
  return settleBatch(outcomes, {
    destination,
    nowMs,
    random,
    sendDeadLetters: async (letters) =>
      (await queues.sendToQueue(deadLetterQueueUrl, letters)).map(isConfirmed),
    requeue: async (rests) => (await queues.sendToQueue(queueUrl, rests)).map(isConfirmed),
    setVisibility: async (changes) => void (await queues.setVisibility(queueUrl, changes)),
  });
}

function isConfirmed({ kind }: Confirmation): boolean {
  return kind === "confirmed";
}
