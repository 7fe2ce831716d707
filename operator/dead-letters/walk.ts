import type { BundleQueue } from "../bundle.ts";
import { type Choice, chosenQueues, isChosen } from "./choose.ts";
import { type Letter, letterOf, type RawLetter } from "./letter.ts";

export type Outcome = { readonly kind: "confirmed" } | { readonly kind: "failed"; readonly code: string };

/** The calls of a dead-letter queue. Bulk answers are entry by entry, in order. */
export type LetterCalls = {
  readonly receive: (
    queueUrl: string,
    times: { readonly visibilitySeconds: number; readonly waitSeconds: number },
  ) => Promise<readonly RawLetter[]>;
  readonly setVisibility: (
    queueUrl: string,
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<readonly Outcome[]>;
  readonly remove: (queueUrl: string, receiptHandles: readonly string[]) => Promise<readonly Outcome[]>;
  /** Unix ms. Absent: the walk is over before its letters come back. */
  readonly now?: (() => number) | undefined;
};

export type Walk = {
  readonly bundle: { readonly queues: readonly BundleQueue[]; readonly namePrefix: string };
  readonly choice: Choice;
  /** Most letters to give to `take`. */
  readonly limit: number;
  /** What becomes of some letters of one queue. Those that it names are gone, the others are put back at the end. */
  readonly take: (letters: readonly Letter[], queue: BundleQueue) => Promise<readonly Letter[]>;
  /** Most letters that `take` gets at a time. */
  readonly atATime: number;
  readonly isStopped: () => boolean;
};

/**
 * Long enough for a walk through some ten thousand letters. What a walk that was killed had in its hands comes back by then, and no
 * letter is ever gone before `take` says so.
 */
const VISIBILITY_SECONDS = 120;
/** A walk that takes its time keeps what it holds: a letter that came back would be met again, and look like the end of the walk. */
const HOLD_AGAIN_MS = (VISIBILITY_SECONDS * 1_000) / 2;
/** A long poll asks all of SQS's servers: an answer without messages means that there is none to receive. */
const WAIT_SECONDS = 1;
const RECEIVES_AT_ONCE = 10;

/**
 * Walks through the dead letters that a choice means, queue by queue, each letter once. While the walk lasts, its letters are in
 * flight; at its end, also when it fails, those that were not taken can be received again.
 */
export async function walkLetters(walk: Walk, calls: LetterCalls): Promise<void> {
  let left = walk.limit;
  for (const queue of chosenQueues(walk.bundle, walk.choice.queue)) {
    if (left <= 0 || walk.isStopped()) return;
    left -= await walkQueue(queue, { ...walk, limit: left }, calls);
  }
}

/** Reads letters of all chosen queues at the same time, at most `limit` in all, and takes none away. */
export async function readLetters(
  { bundle, choice, limit }: Pick<Walk, "bundle" | "choice" | "limit">,
  calls: LetterCalls,
): Promise<readonly Letter[]> {
  const read = await Promise.all(
    chosenQueues(bundle, choice.queue).map(async (queue) => {
      const letters: Letter[] = [];
      const take = async (some: readonly Letter[]) => {
        letters.push(...some);
        return [];
      };
      await walkQueue(queue, { bundle, choice, limit, take, atATime: 100, isStopped: () => false }, calls);
      return letters;
    }),
  );
  return read.flat().slice(0, limit);
}

async function walkQueue(queue: BundleQueue, walk: Walk, calls: LetterCalls): Promise<number> {
  const { url } = queue.deadLetters;
  /** The letters in hand, by id: the newest receipt handle of each is the one that counts. */
  const held = new Map<string, string>();
  const seen = new Set<string>();
  let given = 0;
  const { now = () => 0 } = calls;
  let heldSinceMs = now();
  const setVisibilityOf = async (letters: ReadonlyMap<string, string>, seconds: number): Promise<void> => {
    const changes = [...letters.values()].map((receiptHandle) => ({ receiptHandle, seconds }));
    if (changes.length > 0) await calls.setVisibility(url, changes);
  };
  try {
    while (given < walk.limit && !walk.isStopped()) {
      if (now() - heldSinceMs >= HOLD_AGAIN_MS) {
        heldSinceMs = now();
        await setVisibilityOf(held, VISIBILITY_SECONDS);
      }
      const room = Math.min(walk.atATime, walk.limit - given);
      const received = await receiveSome(url, room, calls);
      if (received.length === 0) break;
      for (const { id, receiptHandle } of received) held.set(id, receiptHandle);
      const fresh = received.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      // All of them have been here before: their visibility timeout has ended, and so has the walk.
      if (fresh.length === 0) break;
      const chosen = fresh
        .map((raw) => letterOf(raw, queue))
        .filter((letter) => isChosen(letter, walk.choice))
        .slice(0, walk.limit - given);
      if (chosen.length === 0) continue;
      given += chosen.length;
      for (const { id } of await walk.take(chosen, queue)) held.delete(id);
    }
  } finally {
    await setVisibilityOf(held, 0);
  }
  return given;
}

/** Several calls at once where many letters are wanted: SQS gives at most ten a call. */
async function receiveSome(
  queueUrl: string,
  most: number,
  { receive }: LetterCalls,
): Promise<readonly RawLetter[]> {
  const callsAtOnce = Math.min(RECEIVES_AT_ONCE, Math.ceil(most / 10));
  const times = { visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: WAIT_SECONDS };
  const answers = await Promise.all(Array.from({ length: callsAtOnce }, () => receive(queueUrl, times)));
  return answers.flat();
}
