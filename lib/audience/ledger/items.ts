import { decodeVersion, encodeVersion, type Version } from "../../messages/version.ts";
import { type Address, foreign, type Item, type StoredItem } from "../../table/item.ts";
import type { Entry } from "./ledger.ts";

/**
 * How long the entry of a removed member is kept after its last write. A message older than 45 days is dead, so
 * none that could still arrive is older than the entry that is gone.
 */
export const REMOVED_ENTRY_SECONDS = 60 * 86_400;

/** @param nowMs the time of the write, Unix ms */
export function entryItem(address: Address, contextKey: string, entry: Entry, nowMs: number): Item {
  return {
    pk: { S: address.pk },
    sk: { S: address.sk },
    version: { S: encodeVersion(entry.version) },
    action: { S: entry.action },
    n: { N: String(entry.n) },
    at: { N: String(entry.at) },
    // A list of a segment's members needs the key itself and not its hash.
    ...(address.sk === contextKey ? {} : { key: { S: contextKey } }),
    ...(entry.action === "remove"
      ? { expires: { N: String(Math.ceil(nowMs / 1_000) + REMOVED_ENTRY_SECONDS) } }
      : {}),
  };
}

/**
 * The entry of an item. One whose `expires` has passed counts until DynamoDB deletes it, which may take days: what
 * it says is still the newest that LaunchDarkly acknowledged, and to forget it early could only let an older
 * operation through.
 *
 * @throws {ForeignItemError}
 */
export function entryOfItem(item: StoredItem): Entry {
  const action = item.action?.S;
  if (action !== "add" && action !== "remove") throw foreign("action", "'add' or 'remove'");
  return { version: versionOf(item), action, n: positiveInteger(item, "n"), at: integer(item, "at") };
}

/**
 * Whether an entry's item is that of this key. The item of a long key names the key, because its sort key is a digest;
 * that of a short key has it as its sort key.
 */
export function isItemOf(item: StoredItem, contextKey: string): boolean {
  return (item.key?.S ?? item.sk?.S)?.toWellFormed() === contextKey.toWellFormed();
}

/** The content of a hold item. Without `untilMs` the segment is free. */
export type HoldState = {
  readonly n: number;
  readonly dirty: number;
  readonly untilMs?: number;
  readonly stalled: boolean;
  /** The token of whoever took the hold: by it an invocation recognizes its own take when the answer was lost. */
  readonly by?: string;
};

/** @throws {ForeignItemError} */
export function holdOfItem(item: StoredItem): HoldState {
  return {
    n: positiveInteger(item, "n"),
    dirty: item.dirty === undefined ? 0 : positiveInteger(item, "dirty"),
    ...(item.until === undefined ? {} : { untilMs: integer(item, "until") }),
    stalled: item.stalled?.BOOL ?? false,
    ...(item.by?.S === undefined ? {} : { by: item.by.S }),
  };
}

function versionOf(item: StoredItem): Version {
  let version: Version;
  try {
    version = decodeVersion(item.version?.S ?? "");
  } catch {
    throw foreign("version", "what Flagbridge writes there");
  }
  if (!version.slice(0, 3).every(Number.isSafeInteger)) throw foreign("version", "times of at most 2^53 ms");
  return version;
}

function positiveInteger(item: StoredItem, name: string): number {
  const value = integer(item, name);
  if (value < 1) throw foreign(name, "a number from 1 up");
  return value;
}

function integer(item: StoredItem, name: string): number {
  const text = item[name]?.N ?? "";
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw foreign(name, "a whole number");
  return value;
}
