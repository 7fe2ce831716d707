import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import type { Copy } from "../../lib/delivery/settle.ts";
import { queuedRecord } from "./queued-record.ts";

export type SimulatedMessage = {
  /** Its message id and its receipt handle. */
  readonly id: string;
  readonly body: string;
  readonly attributes: Copy["attributes"];
  /** Unix ms, as every time here. */
  readonly sentAtMs: number;
  readonly visibleAtMs: number;
  readonly receives: number;
};

/** A queue of SQS whose clock a simulation moves. What is received and when, the simulation decides. */
export type SimulatedQueue = {
  readonly send: (copy: Pick<Copy, "body" | "attributes">, delayMs: number) => void;
  /** All messages in the order they were sent; deleted ones too, which SQS may deliver once more. */
  readonly all: () => readonly SimulatedMessage[];
  /** The messages that are not deleted, in the order they were sent. */
  readonly left: () => readonly SimulatedMessage[];
  readonly isLeft: (message: SimulatedMessage) => boolean;
  /** Hides these messages for the visibility timeout, and gives them as Lambda hands them to a function. */
  readonly receive: (messages: readonly SimulatedMessage[]) => QueuedRecord[];
  readonly setVisibility: (
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<void>;
  /** Deletes the messages that the function has answered for: all but the failures that it names. */
  readonly deleteDone: (
    messages: readonly SimulatedMessage[],
    failures: readonly { readonly itemIdentifier: string }[],
  ) => void;
};

export function simulatedQueue({
  now,
  visibilityMs,
}: {
  readonly now: () => number;
  readonly visibilityMs: number;
}): SimulatedQueue {
  const startMs = now();
  type Mutable = { -readonly [Key in keyof SimulatedMessage]: SimulatedMessage[Key] };
  const all: Mutable[] = [];
  const left = new Map<string, Mutable>();
  return {
    send: ({ body, attributes }, delayMs) => {
      const id = String(all.length);
      const message = { id, body, attributes, sentAtMs: now(), visibleAtMs: now() + delayMs, receives: 0 };
      all.push(message);
      left.set(id, message);
    },
    all: () => all,
    left: () => [...left.values()],
    isLeft: ({ id }) => left.has(id),
    receive: (messages) =>
      messages.map(({ id }) => {
        const message = all[Number(id)];
        if (!message) throw new RangeError(`there is no message ${id}`);
        message.receives += 1;
        message.visibleAtMs = now() + visibilityMs;
        const { body, attributes, receives, sentAtMs } = message;
        return queuedRecord(body, { id, receives, firstReceivedAtMs: startMs, sentAtMs, attributes });
      }),
    setVisibility: async (changes) => {
      for (const { receiptHandle, seconds } of changes) {
        const message = all[Number(receiptHandle)];
        if (message) message.visibleAtMs = now() + seconds * 1_000;
      }
    },
    deleteDone: (messages, failures) => {
      const failed = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { id } of messages) if (!failed.has(id)) left.delete(id);
    },
  };
}
