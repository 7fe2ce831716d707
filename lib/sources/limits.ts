import { jsonText } from "../json.ts";

/**
 * The longest context key, in bytes of UTF-8. LaunchDarkly documents no limit. This limit is six times the longest e-mail
 * address, and even a key whose every byte needs escaping fits into a message with its segment.
 */
export const MAX_CONTEXT_KEY_BYTES = 2_048;

/**
 * The longest segment id and name, in bytes of UTF-8. LaunchDarkly recommends at most 128 characters for an id. The
 * ledger's partition key contains the id and may have 2,048 bytes.
 * https://launchdarkly.com/docs/guides/integrations/build-synced-segments
 */
export const MAX_SEGMENT_TEXT_BYTES = 1_024;

/** The largest event of the Tracking API. https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size */
export const MAX_TRACKING_ITEM_BYTES = 32 * 1_024;

/** A vendor's id longer than this is replaced by its digest. An id only has to be the same on every retry. */
const MAX_ID_LENGTH = 128;

/** Says whether the text has at most `maxBytes` bytes in UTF-8. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

/** The id in an operation's version: the vendor's own, or its digest if queue and ledger cannot hold it unchanged. */
export function versionId(id: string, digest: (text: string) => string): string {
  return id.length <= MAX_ID_LENGTH && id.isWellFormed() ? id : digest(id);
}

/**
 * Says whether an item's JSON is within a limit. Serializing each item to learn its size would cost as much as parsing it,
 * so a walk first computes an upper bound; few items exceed it.
 */
export function fitsAsJson(item: unknown, maxBytes: number): boolean {
  if (spend(item, maxBytes) >= 0) return true;
  const text = jsonText(item);
  return text !== undefined && Buffer.byteLength(text) <= maxBytes;
}

/** Subtracts the most bytes that `value` could need as JSON from `budget`: six (`\\u0000`) for every UTF-16 unit. */
function spend(value: unknown, budget: number): number {
  if (typeof value === "string") return budget - 2 - 6 * value.length;
  if (!isContainer(value)) return budget - NUMBER_BYTES;
  let left = budget - CONTAINER_BYTES;
  // `for in` visits the indexes of a list and the names of an object without building a list of them, which would be slow.
  for (const name in value) {
    if (left < 0) return left;
    left = spend(value[name], left - 4 - 6 * name.length);
  }
  return left;
}

/** Values come from JSON.parse, so an object or list inherits nothing enumerable. */
function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The longest number that JSON.stringify writes has 24 characters; true, false and null are shorter. */
const NUMBER_BYTES = 25;

/** This is more than two brackets, so that the budget ends the recursion into a deeply nested item before the stack does. */
const CONTAINER_BYTES = 16;
