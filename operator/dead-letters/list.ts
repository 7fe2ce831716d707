import type { Choice } from "./choose.ts";
import type { Letter } from "./letter.ts";
import { type LetterCalls, readLetters, type Walk } from "./walk.ts";

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
  const letters = await readLetters({ ...asked, limit: asked.limit ?? LIST_LIMIT }, calls);
  const groups = new Map<string, Letter[]>();
  for (const letter of letters) {
    const { queue, reason, cause, status, connection } = letter;
    const key = JSON.stringify([queue.name, reason, cause, status, connection]);
    groups.set(key, [...(groups.get(key) ?? []), letter]);
  }
  const listed = [...groups.values()].map(groupOf).sort((one, other) => other.count - one.count);
  return { letters: letters.length, groups: listed };
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
