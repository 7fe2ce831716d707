import type { QueueOutcome } from "./settle-queues.ts";

/** A message that a walk has in its hands: nobody else gets it until its visibility timeout is over. */
export type HeldMessage = {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** SQS's SentTimestamp, Unix ms. */
  readonly sentAtMs: number;
  /** SQS's ApproximateReceiveCount, this one included. */
  readonly receives: number;
  readonly groupId: string | undefined;
};

/** The calls of the queue that is walked through. Bulk answers are entry by entry, in order. */
export type WalkCalls = {
  readonly receive: (
    queueUrl: string,
    times: { readonly visibilitySeconds: number; readonly waitSeconds: number },
  ) => Promise<readonly HeldMessage[]>;
  readonly setVisibility: (
    queueUrl: string,
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<readonly QueueOutcome[]>;
  readonly remove: (queueUrl: string, receiptHandles: readonly string[]) => Promise<readonly QueueOutcome[]>;
  /** Unix ms. Absent: the walk is over before its messages come back. */
  readonly now?: (() => number) | undefined;
};

export type QueueWalk<Message> = {
  readonly url: string;
  /** Most messages to give to `take`. */
  readonly limit: number;
  /** What a message is read as; undefined for one that is not wanted. */
  readonly read: (message: HeldMessage) => Message | undefined;
  /** What becomes of some messages. Those that it names are gone, the others are put back at the end. */
  readonly take: (messages: readonly Message[]) => Promise<readonly { readonly id: string }[]>;
  /** Most messages that `take` gets at a time. */
  readonly atATime: number;
  readonly isStopped: () => boolean;
  /** Unix ms: what was sent later is not looked for. Absent: all of it is. */
  readonly sentUntilMs?: number | undefined;
};

/**
 * Long enough for a walk through some ten thousand messages. What a walk that was killed had in its hands comes back by then, and no
 * message is ever gone before `take` says so.
 */
const VISIBILITY_SECONDS = 120;
/** A walk that takes its time keeps what it holds: a message that came back would be met again, and look like the end of the walk. */
const HOLD_AGAIN_MS = (VISIBILITY_SECONDS * 1_000) / 2;
/** A long poll asks all of SQS's servers: an answer without messages means that there is none to receive. */
const WAIT_SECONDS = 1;
const RECEIVES_AT_ONCE = 10;
/**
 * Into a busy queue messages come as fast as a walk receives them: it would never end, and keep them from their function. SQS gives the
 * oldest first only roughly, so one answer of newer messages proves nothing yet.
 */
const NEWER_ROUNDS_TO_END = 3;
/** SQS has another clock than the walk. */
const CLOCK_TOLERANCE_MS = 1_000;

/**
 * Walks through a queue, each message once. While the walk lasts, its messages are in flight; at its end, also when it fails, those
 * that were not taken can be received again. Returns how many were given to `take`.
 */
export async function walkQueue<Message>(walk: QueueWalk<Message>, calls: WalkCalls): Promise<number> {
  const { url } = walk;
  /** The messages in hand, by id: the newest receipt handle of each is the one that counts. */
  const held = new Map<string, string>();
  const seen = new Set<string>();
  let given = 0;
  let newerRounds = 0;
  const latestMs = (walk.sentUntilMs ?? Number.POSITIVE_INFINITY) + CLOCK_TOLERANCE_MS;
  const { now = () => 0 } = calls;
  let heldSinceMs = now();
  const setVisibilityOf = async (messages: ReadonlyMap<string, string>, seconds: number): Promise<void> => {
    const changes = [...messages.values()].map((receiptHandle) => ({ receiptHandle, seconds }));
    if (changes.length > 0) await calls.setVisibility(url, changes);
  };
  try {
    while (given < walk.limit && newerRounds < NEWER_ROUNDS_TO_END && !walk.isStopped()) {
      if (now() - heldSinceMs >= HOLD_AGAIN_MS) {
        heldSinceMs = now();
        await setVisibilityOf(held, VISIBILITY_SECONDS);
      }
      const room = Math.min(walk.atATime, walk.limit - given);
      const { received, failure } = await receiveSome(url, room, calls);
      for (const { id, receiptHandle } of received) held.set(id, receiptHandle);
      if (failure) throw failure.reason;
      if (received.length === 0) break;
      const fresh = received.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      // All of them have been here before: their visibility timeout has ended, and so has the walk.
      if (fresh.length === 0) break;
      newerRounds = fresh.every(({ sentAtMs }) => sentAtMs > latestMs) ? newerRounds + 1 : 0;
      const wanted = fresh
        .map(walk.read)
        .filter((one) => one !== undefined)
        .slice(0, walk.limit - given);
      if (wanted.length === 0) continue;
      given += wanted.length;
      for (const { id } of await walk.take(wanted)) held.delete(id);
    }
  } finally {
    await setVisibilityOf(held, 0);
  }
  return given;
}

/** Several calls at once where many messages are wanted: SQS gives at most ten a call. What came beside a call that failed is in hand too. */
async function receiveSome(
  queueUrl: string,
  most: number,
  { receive }: WalkCalls,
): Promise<{
  readonly received: readonly HeldMessage[];
  readonly failure: PromiseRejectedResult | undefined;
}> {
  const callsAtOnce = Math.min(RECEIVES_AT_ONCE, Math.ceil(most / 10));
  const times = { visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: WAIT_SECONDS };
  const answers = await Promise.allSettled(
    Array.from({ length: callsAtOnce }, () => receive(queueUrl, times)),
  );
  return {
    received: answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : [])),
    failure: answers.find((answer) => answer.status === "rejected"),
  };
}
