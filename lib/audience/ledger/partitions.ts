import { type Address, addressOfItem, foreign, type StoredItem } from "../../table/item.ts";
import { DIGEST, entryPlaces, holdAddress, SHARDS, segmentPart } from "./keys.ts";
import type { LedgerSegment } from "./ledger.ts";
import type { ListedSegment } from "./listing.ts";

/** Every partition in which an entry of the segment and kind may lie: its shards, and the second places of each. */
export function entryPartitions(segment: LedgerSegment, contextKind: string): readonly string[] {
  const shards = Array.from(
    { length: SHARDS },
    (_, shard) => `${segmentPart(segment)}#${contextKind}#${shard.toString(16)}`,
  );
  return ["", "#long", "#short"].flatMap((place) => shards.map((shard) => `${shard}${place}`));
}

/** What a scan calls this segment. */
export function listedSegment({ environment, segment }: LedgerSegment): ListedSegment {
  return listedAs(environment, segmentPart({ environment, segment }).slice(`${environment}#`.length));
}

/** Whose item it is, by where it lies. */
export type ItemOwner =
  | {
      readonly kind: "entry";
      readonly segment: ListedSegment;
      readonly contextKind: string;
      readonly key: string;
    }
  | { readonly kind: "hold"; readonly segment: ListedSegment };

/** Only the segment's name may contain `#`: the environment comes before it; the kind and the shard come after it. */
const ENTRY_PARTITION = /^([^#]+)#([\s\S]*)#([^#]+)#[0-9a-f](?:#long|#short)?$/;
const HOLD_PARTITION = /^#([^#]+)#([\s\S]*)$/;

/**
 * The owner is looked up again by its name, so that what lies where the batcher would never look for it is not taken for
 * an entry.
 *
 * @throws {ForeignItemError}
 */
export function ownerOfItem(item: StoredItem): ItemOwner {
  const address = addressOfItem(item);
  const [, holder, held] = HOLD_PARTITION.exec(address.pk) ?? [];
  if (holder !== undefined && held !== undefined) {
    const segment = listedAs(holder, held);
    if (!isSame(address, holdAddress(segment)))
      throw foreign("sk", "'hold', and nothing else in its partition");
    return { kind: "hold", segment };
  }
  const [, environment, name, contextKind] = ENTRY_PARTITION.exec(address.pk) ?? [];
  if (environment === undefined || name === undefined || contextKind === undefined)
    throw foreign("pk", "the partition of a hold or of a segment's entries");
  const segment = listedAs(environment, name);
  const key = keyOfItem(item);
  const { home, second } = entryPlaces(segment, contextKind, key);
  if (!isSame(address, home) && !(second && isSame(address, second)))
    throw foreign("pk", "the partition in which its key belongs");
  return { kind: "entry", segment, contextKind, key };
}

/** @throws {ForeignItemError} */
export function keyOfItem(item: StoredItem): string {
  const key = item.key === undefined ? item.sk?.S : item.key.S;
  if (key === undefined) throw foreign("key", "a text");
  return key;
}

function listedAs(environment: string, segment: string): ListedSegment {
  return { environment, segment, isDigest: DIGEST.test(segment) };
}

function isSame(a: Address, b: Address): boolean {
  return a.pk === b.pk && a.sk === b.sk;
}
