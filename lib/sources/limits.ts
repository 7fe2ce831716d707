import { jsonText } from "../json.ts";

/**
 * The longest context key, in bytes of UTF-8. LaunchDarkly documents no limit; this one is six times the longest
 * e-mail address, and even if every byte of it needs escaping the key fits a message beside its segment.
 */
export const MAX_CONTEXT_KEY_BYTES = 2_048;

/**
 * The longest segment id and name, in bytes of UTF-8. LaunchDarkly recommends at most 128 characters for an id; the
 * ledger's partition key holds the id and may have 2,048 bytes.
 * https://launchdarkly.com/docs/guides/integrations/build-synced-segments
 */
export const MAX_SEGMENT_TEXT_BYTES = 1_024;

/** One event of the Tracking API. https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size */
export const MAX_TRACKING_ITEM_BYTES = 32 * 1_024;

/** A vendor's id longer than this is replaced by its digest: it only has to be the same on every retry. */
const MAX_ID_LENGTH = 128;

/** True when the text takes at most so many bytes of UTF-8. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

/** The id of an operation's version: the vendor's own, as far as queue and ledger keep it as it is. */
export function versionId(id: string, digest: (text: string) => string): string {
  return id.length <= MAX_ID_LENGTH && id.isWellFormed() ? id : digest(id);
}

/**
 * Whether an item's JSON is within a limit. Writing each item to learn its size would cost as much as reading it, so
 * a walk first looks whether it could be too large at all; few could.
 */
export function fitsAsJson(item: unknown, maxBytes: number): boolean {
  if (spend(item, maxBytes) >= 0) return true;
  const text = jsonText(item);
  return text !== undefined && Buffer.byteLength(text) <= maxBytes;
}

/** What is left of `budget` after the most that `value` could take as JSON: every UTF-16 unit as `\\u0000`. */
function spend(value: unknown, budget: number): number {
  if (typeof value === "string") return budget - 2 - 6 * value.length;
  if (!isContainer(value)) return budget - NUMBER_BYTES;
  let left = budget - CONTAINER_BYTES;
  // The indexes of a list and the names of an object: `for in` makes no list of them, which is most of the time here.
  for (const name in value) {
    if (left < 0) return left;
    left = spend(value[name], left - 4 - 6 * name.length);
  }
  return left;
}

/** What JSON.parse makes of braces and brackets: nothing enumerable is inherited. */
function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The longest number that JSON.stringify writes has 24 characters; true, false and null are shorter. */
const NUMBER_BYTES = 25;

/** More than its two brackets, so that the budget ends the recursion of a deeply nested item before the stack does. */
const CONTAINER_BYTES = 16;
