import type { Choice } from "./choose.ts";
import type { Letter } from "./letter.ts";
import { listLetters } from "./list.ts";
import { type LetterCalls, type Walk, walkLetters } from "./walk.ts";

export type Deleted = { readonly deleted: number; readonly left: number };

/** What a person said to the number of letters that would be deleted. */
export type AskedDeleted =
  | { readonly kind: "none" }
  | { readonly kind: "declined"; readonly letters: number }
  | (Deleted & { readonly kind: "deleted" });

/** Counts the letters, asks, and deletes no more than it asked about: letters may come in while a person thinks. */
export async function deleteCountedLetters(
  asked: Parameters<typeof deleteLetters>[0] & {
    readonly confirm: (counted: { readonly letters: number; readonly items: number }) => Promise<boolean>;
  },
  calls: LetterCalls,
): Promise<AskedDeleted> {
  const { letters, groups } = await listLetters(asked, calls);
  if (letters === 0) return { kind: "none" };
  const items = groups.reduce((sum, group) => sum + group.items, 0);
  if (!(await asked.confirm({ letters, items }))) return { kind: "declined", letters };
  return { kind: "deleted", ...(await deleteLetters({ ...asked, limit: letters }, calls)) };
}

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
