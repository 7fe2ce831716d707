import { createHash } from "node:crypto";
import type { Address } from "../../table/item.ts";
import type { LedgerSegment } from "./ledger.ts";

/**
 * Partitions of one segment and context kind. A partition takes 1,000 writes a second, so a segment takes 16,000.
 * This number must never change: another one would lose every entry that is already in the table.
 */
export const SHARDS = 16;

/**
 * A sort key holds 1,024 bytes and a partition key 2,048.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const MAX_PART_BYTES = 1_024;

/**
 * Address of a member's entry: partition `environment#segment#kind#shard`, sort key the context key. Only the
 * segment's name may contain `#`, so two members never share an address by the way their parts are cut.
 */
export function entryAddress(segment: LedgerSegment, contextKind: string, contextKey: string): Address {
  const sk = fitted(contextKey);
  return { pk: `${segmentPart(segment)}#${contextKind}#${shardOf(sk).toString(16)}`, sk };
}

/** The places where a member's entry may be. */
export type EntryPlaces = {
  readonly home: Address;
  /** Its place if another key's entry took the home first; absent for keys that share their home with no other. */
  readonly second?: Address;
};

/**
 * The places of a member's entry. A key that is too long and the short key that is its SHA-256 have one home: whichever
 * entry is there first stays there, and the other goes to a second place, so that none that is in the table has to move.
 * The second place is in a partition of its own: as a sort key, any text would be some short key's home.
 */
export function entryPlaces(segment: LedgerSegment, contextKind: string, contextKey: string): EntryPlaces {
  const home = entryAddress(segment, contextKind, contextKey);
  if (home.sk !== contextKey.toWellFormed()) return { home, second: { ...home, pk: `${home.pk}#long` } };
  return DIGEST.test(home.sk) ? { home, second: { ...home, pk: `${home.pk}#short` } } : { home };
}

/** What {@link fitted} makes of a long text. */
export const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Address of a segment's hold. The partition starts with `#`, which no entry's does: an environment has a name.
 */
export function holdAddress(segment: LedgerSegment): Address {
  return { pk: `#${segmentPart(segment)}`, sk: "hold" };
}

/** One text for an address, to find it again among others of its segment and kind: their partitions are equally long. */
export function addressText({ pk, sk }: Address): string {
  return `${pk} ${sk}`;
}

/** How a partition of the segment begins, and how that of its hold ends. */
export function segmentPart({ environment, segment }: LedgerSegment): string {
  return `${environment}#${fitted(segment)}`;
}

/**
 * Returns the text itself, or its SHA-256 in hex when it is too long for a key. DynamoDB stores UTF-8, which has no lone
 * surrogates: they become U+FFFD here as they would there, so that what is read back is what was asked for.
 */
function fitted(text: string): string {
  const wellFormed = text.toWellFormed();
  // A UTF-16 unit is at most three bytes of UTF-8, so most keys need no counting.
  if (wellFormed.length * 3 <= MAX_PART_BYTES || Buffer.byteLength(wellFormed) <= MAX_PART_BYTES)
    return wellFormed;
  return createHash("sha256").update(wellFormed).digest("hex");
}

/**
 * FNV-1a over UTF-16 units, folded to 16 bits first because its low bits alone spread worse.
 * It needs to be even and stable, not secure: it only selects one of the segment's own partitions.
 * http://www.isthe.com/chongo/tech/comp/fnv/
 */
function shardOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & (SHARDS - 1);
}
