import { nearest } from "../lib/connections/nearest.ts";

/** Names what was given, what it should be, and the nearest right one or, when none is near, the first {@link MOST_NAMED} of all. */
export function misspelt(place: string, found: string, known: readonly string[], expected: string): string {
  const meant = nearest(found, known);
  const hint = meant !== undefined ? `did you mean "${meant}"?` : `there are: ${listed(known)}`;
  return `${place}: expected ${expected}, found "${found}": ${hint}`;
}

/** A ledger may have thousands of segments, whose ids are as long and as strange as their sources make them. */
const MOST_NAMED = 30;
const MOST_CHARACTERS = 60;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names
    .slice(0, MOST_NAMED)
    .map((name) => (name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS)}…` : name))
    .map((name) => name.replaceAll("\n", "\\n"));
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
