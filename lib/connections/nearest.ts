/**
 * Returns the choice that a misspelt word most likely means; undefined when none is near. At most a third of the letters
 * may be missing, added, replaced or swapped. Case does not matter.
 */
export function nearest<Choice extends string>(
  written: string,
  choices: readonly Choice[],
): Choice | undefined {
  // The distance takes time proportional to the product of both lengths.
  if (written.length > MAX_LENGTH) return undefined;
  const [best] = choices
    .map((choice) => ({ choice, distance: distanceBetween(written.toLowerCase(), choice.toLowerCase()) }))
    .filter(({ choice, distance }) => distance <= Math.max(1, Math.floor(choice.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best?.choice;
}

const MAX_LENGTH = 64;

/** Optimal string alignment: https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance */
function distanceBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

/** A cell outside the table is unreachable. */
function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
