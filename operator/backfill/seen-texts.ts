import { hash as digestOf } from "node:crypto";

/** Remembers texts by a hash of 64 bits. No text is kept; of 10 million, two share a hash once in 370,000 runs. */
export type SeenTexts = {
  /** Adds a text and says whether it is new. */
  readonly add: (text: string) => boolean;
  readonly has: (text: string) => boolean;
  /** How many different texts were added. */
  readonly size: () => number;
};

/** Many small tables grow one after the other, so that growing never needs twice the memory. */
const TABLES = 256;
const FIRST_SLOTS = 64;
/** A table grows by a quarter when it is this full: 8 bytes a text become 9 to 13. */
const FULLEST = 0.85;
const GROWTH = 1.25;

/** Some 11 bytes a text: 110 MB for 10 million. */
export function openSeenTexts(keys: HashKeys): SeenTexts {
  const tables = Array.from({ length: TABLES }, emptyTable);
  let size = 0;
  const tableOf = (hash: Hash): Table => {
    const table = tables[hash.high & (TABLES - 1)];
    if (!table) throw new RangeError("every hash has a table");
    return table;
  };
  return {
    size: () => size,
    has: (text) => {
      const hash = hashOf(text, keys);
      const table = tableOf(hash);
      return isUsed(table, placeOf(table, hash));
    },
    add: (text) => {
      const hash = hashOf(text, keys);
      const table = tableOf(hash);
      const place = placeOf(table, hash);
      if (isUsed(table, place)) return false;
      put(table, place, hash);
      size += 1;
      if (table.used > table.low.length * FULLEST) grow(table);
      return true;
    },
  };
}

/**
 * Remembers at least the last `window` different texts, at most twice as many: memory stays the same however many come. A text that
 * comes again after more than that is new.
 */
export function openRecentTexts(keys: HashKeys, window: number): Pick<SeenTexts, "add"> {
  let older: SeenTexts | undefined;
  let newer = openSeenTexts(keys);
  return {
    add: (text) => {
      if (older?.has(text)) {
        newer.add(text);
        return false;
      }
      const isNew = newer.add(text);
      if (newer.size() >= window) {
        older = newer;
        newer = openSeenTexts(keys);
      }
      return isNew;
    },
  };
}

type Hash = { readonly low: number; readonly high: number };

/** Open addressing. A slot of two zeros is free, which no hash is. */
type Table = { low: Uint32Array; high: Uint32Array; used: number };

function emptyTable(): Table {
  return { low: new Uint32Array(FIRST_SLOTS), high: new Uint32Array(FIRST_SLOTS), used: 0 };
}

/** The slot of the hash, or the free one where it belongs. */
function placeOf({ low, high }: Table, hash: Hash): number {
  const slots = low.length;
  // The low half chooses the slot, so that it does not depend on which table it is.
  let place = Math.floor((hash.low / 0x1_0000_0000) * slots);
  while (!(low[place] === 0 && high[place] === 0) && !(low[place] === hash.low && high[place] === hash.high))
    place = place + 1 === slots ? 0 : place + 1;
  return place;
}

function isUsed({ low, high }: Table, place: number): boolean {
  return low[place] !== 0 || high[place] !== 0;
}

function put(table: Table, place: number, { low, high }: Hash): void {
  table.low[place] = low;
  table.high[place] = high;
  table.used += 1;
}

function grow(table: Table): void {
  const { low, high } = table;
  const slots = Math.ceil(low.length * GROWTH);
  table.low = new Uint32Array(slots);
  table.high = new Uint32Array(slots);
  table.used = 0;
  for (let slot = 0; slot < low.length; slot += 1) {
    const hash = { low: low[slot] ?? 0, high: high[slot] ?? 0 };
    if (hash.low !== 0 || hash.high !== 0) put(table, placeOf(table, hash), hash);
  }
}

/** Random numbers that nobody outside knows, for one run. */
export type HashKeys = Int32Array;

/** Texts of more units are hashed by their digest. */
const MAX_UNITS = 2_048;
const LANES = 4;
/** How many numbers {@link HashKeys} holds: for each lane one, one for the length, and one for each unit. */
export const HASH_KEYS = LANES * (MAX_UNITS + 2);

/**
 * Four lanes of multilinear hashing, 16 bits of each: any two texts share a hash with a probability of 2^-64, whoever chose them.
 * https://arxiv.org/abs/1202.4961
 */
function hashOf(given: string, keys: HashKeys): Hash {
  const text = given.length > MAX_UNITS ? digestOf("sha256", given) : given;
  const { length } = text;
  let a = keyAt(keys, 0);
  let b = keyAt(keys, 1);
  let c = keyAt(keys, 2);
  let d = keyAt(keys, 3);
  for (let index = -1, at = LANES; index < length; index += 1, at += LANES) {
    const unit = index < 0 ? length : text.charCodeAt(index);
    a = (a + Math.imul(keyAt(keys, at), unit)) | 0;
    b = (b + Math.imul(keyAt(keys, at + 1), unit)) | 0;
    c = (c + Math.imul(keyAt(keys, at + 2), unit)) | 0;
    d = (d + Math.imul(keyAt(keys, at + 3), unit)) | 0;
  }
  const low = ((a & UPPER_HALF) | (b >>> 16)) >>> 0;
  const high = ((c & UPPER_HALF) | (d >>> 16)) >>> 0;
  return low === 0 && high === 0 ? { low: 1, high: 0 } : { low, high };
}

const UPPER_HALF = 0xffff_0000;

function keyAt(keys: HashKeys, index: number): number {
  return keys[index] ?? 0;
}
