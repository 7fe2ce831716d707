import { nearest } from "../lib/connections/nearest.ts";

/** Names what was given, what it should be, and the nearest right one or, when none is near, all. */
export function misspelt(place: string, found: string, known: readonly string[], expected: string): string {
  const meant = nearest(found, known);
  const hint = meant !== undefined ? `did you mean "${meant}"?` : `there are: ${known.join(", ") || "none"}`;
  return `${place}: expected ${expected}, found "${found}": ${hint}`;
}
