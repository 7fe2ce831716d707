import { type WalkCalls, walkQueue } from "../../lib/delivery/walk-queue.ts";
import type { BundleQueue } from "../bundle.ts";
import { type Choice, chosenQueues, isChosen } from "./choose.ts";
import { type Letter, letterOf } from "./letter.ts";

/** The calls of a dead-letter queue. */
export type LetterCalls = WalkCalls;

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
 * Walks through the dead letters that a choice means, queue by queue, each letter once. While the walk lasts, its letters are in
 * flight; at its end, also when it fails, those that were not taken can be received again.
 */
export async function walkLetters(walk: Walk, calls: LetterCalls): Promise<void> {
  let left = walk.limit;
  for (const queue of chosenQueues(walk.bundle, walk.choice.queue)) {
    if (left <= 0 || walk.isStopped()) return;
    left -= await walkLettersOf(queue, { ...walk, limit: left }, calls);
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
      await walkLettersOf(
        queue,
        { bundle, choice, limit, take, atATime: 100, isStopped: () => false },
        calls,
      );
      return letters;
    }),
  );
  return read.flat().slice(0, limit);
}

function walkLettersOf(queue: BundleQueue, walk: Walk, calls: LetterCalls): Promise<number> {
  const { limit, atATime, isStopped, take } = walk;
  return walkQueue(
    {
      url: queue.deadLetters.url,
      limit,
      atATime,
      isStopped,
      read: (raw) => {
        const letter = letterOf(raw, queue);
        return isChosen(letter, walk.choice) ? letter : undefined;
      },
      take: (letters) => take(letters, queue),
    },
    calls,
  );
}
