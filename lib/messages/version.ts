/**
 * The place of one operation in the history of one (segment, context). Newest wins, and two different
 * operations never compare equal, so every sender decides alike whatever order it saw them in.
 *
 * `atMs` is when it became true, `receivedAtMs` when ingest took it, `index` its position in the request,
 * `id` the vendor's id or the SHA-256 of the raw item. It is never an SQS id: a redelivery would look newer than the first delivery.
 */
export type Version = readonly [atMs: number, receivedAtMs: number, index: number, id: string];

/** Negative when `a` is older than `b`, 0 when they are the same operation. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || compareStrings(a[3], b[3]);
}

/** Code-unit order: locale-aware comparison would differ between machines. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** One string for the ledger. The id comes last because only it may contain a comma. */
export function encodeVersion([atMs, receivedAtMs, index, id]: Version): string {
  return `${atMs},${receivedAtMs},${index},${id}`;
}

/** @throws {RangeError} when the text was not written by {@link encodeVersion}. */
export function decodeVersion(text: string): Version {
  const match = /^(-?\d+),(-?\d+),(\d+),([\s\S]*)$/.exec(text);
  if (!match) throw new RangeError("A ledger entry holds a version that Flagbridge did not write");
  return [Number(match[1]), Number(match[2]), Number(match[3]), match[4] ?? ""];
}
