import type { Choice } from "./choose.ts";
import type { Letter } from "./letter.ts";
import { type LetterCalls, type Walk, walkLetters } from "./walk.ts";

/** Letters that died of the same thing in the same place. */
export type LetterGroup = {
  readonly queue: string;
  readonly reason: string;
  readonly cause: string;
  readonly status: number | null;
  readonly connection: string;
  readonly count: number;
  readonly items: number;
  /** When the oldest became a dead letter. SQS deletes it 14 days later. */
  readonly oldest: string;
};

export type LetterList = { readonly letters: number; readonly groups: readonly LetterGroup[] };

/** Of more letters than this the groups are counted only as far as they were read. */
export const LIST_LIMIT = 10_000;

/** The dead letters by queue, reason, cause, status and connection, the largest group first. Nothing is taken away. */
export async function listLetters(
  asked: { readonly bundle: Walk["bundle"]; readonly choice: Choice; readonly limit?: number | undefined },
  calls: LetterCalls,
): Promise<LetterList> {
  const letters = await readLetters(asked, calls);
  const groups = new Map<string, Letter[]>();
  for (const letter of letters) {
    const { queue, reason, cause, status, connection } = letter;
    const key = JSON.stringify([queue.name, reason, cause, status, connection]);
    groups.set(key, [...(groups.get(key) ?? []), letter]);
  }
  const listed = [...groups.values()].map(groupOf).sort((one, other) => other.count - one.count);
  return { letters: letters.length, groups: listed };
}

/** The letters themselves, at most `limit`. */
export async function readLetters(
  asked: { readonly bundle: Walk["bundle"]; readonly choice: Choice; readonly limit?: number | undefined },
  calls: LetterCalls,
): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  const { bundle, choice, limit = LIST_LIMIT } = asked;
  await walkLetters(
    {
      bundle,
      choice,
      limit,
      atATime: 100,
      isStopped: () => false,
      take: async (some) => {
        letters.push(...some);
        return [];
      },
    },
    calls,
  );
  return letters;
}

function groupOf(letters: readonly Letter[]): LetterGroup {
  const [first] = letters;
  if (!first) throw new RangeError("a group has a letter");
  return {
    queue: first.queue.name,
    reason: first.reason,
    cause: first.cause,
    status: first.status ?? null,
    connection: first.connection,
    count: letters.length,
    items: letters.reduce((sum, { items }) => sum + items, 0),
    oldest: new Date(Math.min(...letters.map(({ deadSinceMs }) => deadSinceMs))).toISOString(),
  };
}
