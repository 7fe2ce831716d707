import type { Choice } from "./choose.ts";
import type { Letter } from "./letter.ts";
import { type LetterCalls, type Walk, walkLetters } from "./walk.ts";

export type Deleted = { readonly deleted: number; readonly left: number };

/**
 * Deletes letters, each after `keep` has written it to a file for good: a copy may outlive a letter that could not be deleted, and
 * never the other way round.
 */
export async function deleteLetters(
  asked: {
    readonly bundle: Walk["bundle"];
    readonly choice: Choice;
    readonly limit: number | undefined;
    readonly keep: (letters: readonly Letter[]) => Promise<void>;
    readonly isStopped: () => boolean;
  },
  calls: LetterCalls,
): Promise<Deleted> {
  let deleted = 0;
  let left = 0;
  await walkLetters(
    {
      bundle: asked.bundle,
      choice: asked.choice,
      limit: asked.limit ?? Number.POSITIVE_INFINITY,
      atATime: 100,
      isStopped: asked.isStopped,
      take: async (letters, queue) => {
        await asked.keep(letters);
        const handles = letters.map(({ receiptHandle }) => receiptHandle);
        const answers = await calls.remove(queue.deadLetters.url, handles);
        const gone = letters.filter((_, at) => answers[at]?.kind === "confirmed");
        deleted += gone.length;
        left += letters.length - gone.length;
        return gone;
      },
    },
    calls,
  );
  return { deleted, left };
}
