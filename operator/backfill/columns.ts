import { misspelt } from "../misspelt.ts";
import { UnreadableFileError } from "./unreadable-file.ts";

/** What the column with the keys is called where nobody says so. `key` wins; of the others, only one may be there. */
const USUAL = ["key", "id", "user_id", "userId"] as const;

/**
 * Chooses the column of the keys: the wanted one, else the only one, else the one with a usual name.
 * @throws {UnreadableFileError} when that is none or several, with all columns
 */
export function keyColumn(header: readonly string[], wanted: string | undefined): number {
  const names = header.map((name) => name.trim());
  if (wanted !== undefined) return wantedColumn(names, wanted.trim());
  if (names.length === 1) return 0;
  const places = placesOf(names, USUAL[0]);
  const usual = places.length > 0 ? places : USUAL.flatMap((name) => placesOf(names, name));
  const [only, ...others] = [...new Set(usual)];
  if (only !== undefined && others.length === 0) return only;
  throw new UnreadableFileError(
    `${only === undefined ? "No column is called" : "Several columns are called"} ${USUAL.slice(0, -1).join(", ")} or ${USUAL.at(-1)}: ` +
      `say which one has the keys, with --key-column. There are: ${listed(names)}`,
  );
}

function wantedColumn(names: readonly string[], wanted: string): number {
  const [place, ...others] = names.flatMap((name, index) => (name === wanted ? [index] : []));
  if (place === undefined)
    throw new UnreadableFileError(
      `${misspelt("--key-column", wanted, names, "a column of the file")} The columns are: ${listed(names)}`,
    );
  if (others.length > 0)
    throw new UnreadableFileError(
      `--key-column: ${others.length + 1} columns are called "${wanted}": give them names of their own. The columns are: ${listed(names)}`,
    );
  return place;
}

/** A warehouse writes names in its own case: `USER_ID`. */
function placesOf(names: readonly string[], wanted: string): number[] {
  return names.flatMap((name, index) => (name.toLowerCase() === wanted.toLowerCase() ? [index] : []));
}

const MAX_LISTED = 50;

function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return `${names.slice(0, MAX_LISTED).join(", ")}${more}`;
}
