import type { Address, StoredItem } from "../../table/item.ts";
import { isItemOf } from "./items.ts";
import { addressText, type EntryPlaces, entryPlaces } from "./keys.ts";
import type { LedgerSegment } from "./ledger.ts";

/** Where the entry of a key lies, or belongs when there is none. */
export type FoundPlace = { readonly address: Address; readonly item?: StoredItem };

/** Strongly consistent: the items of these addresses, by their {@link addressText}. */
export type ItemsAt = (addresses: readonly Address[]) => Promise<ReadonlyMap<string, StoredItem>>;

/** What a set of keys is asked for with. */
export type PlacesAsked = {
  readonly segment: LedgerSegment;
  readonly contextKind: string;
  readonly keys: readonly string[];
};

export type PlacesOfEntries = {
  readonly find: (asked: PlacesAsked, itemsAt: ItemsAt) => Promise<ReadonlyMap<string, FoundPlace>>;
  /** Where each entry is to be written. If two new entries share a home, the first one gets it. */
  readonly forWriting: (asked: PlacesAsked, itemsAt: ItemsAt) => Promise<ReadonlyMap<string, Address>>;
};

/** For this many homes the places are remembered between read and write; the places of further homes are read again. */
const MAX_REMEMBERED = 20_000;

/**
 * Tells apart the entries of keys that share a home. Most keys share theirs with none, and cost nothing here. Of the
 * others, whose home does not have their entry is read at its second place too. To be written they must have been read,
 * which whoever writes did under the same hold: what that found is remembered once, and anything else is read again.
 */
export function createPlacesOfEntries(): PlacesOfEntries {
  /** By home, and by the second place of the key that was looked for. */
  const remembered = new Map<string, Map<string, Address>>();
  const recall = ({ home, second }: EntryPlaces): Address | undefined =>
    second && remembered.get(addressText(home))?.get(addressText(second));

  const find: PlacesOfEntries["find"] = async (asked, itemsAt) => {
    const places = placesOf(asked);
    const atHome = await itemsAt([...places.values()].map(({ home }) => home));
    const elsewhere = [...places].flatMap(([key, { home, second }]) =>
      second && !isOwn(atHome.get(addressText(home)), key) ? [second] : [],
    );
    const atSecond = elsewhere.length > 0 ? await itemsAt(elsewhere) : new Map<string, StoredItem>();
    if (remembered.size > MAX_REMEMBERED) remembered.clear();
    const found = new Map<string, FoundPlace>();
    for (const [key, { home, second }] of places) {
      const item = atHome.get(addressText(home));
      if (second === undefined) {
        found.set(key, { address: home, ...(item && { item }) });
        continue;
      }
      const place = placeOf(key, { home, second }, { item, other: atSecond.get(addressText(second)) });
      found.set(key, place);
      const ofHome = remembered.get(addressText(home)) ?? new Map<string, Address>();
      remembered.set(addressText(home), ofHome.set(addressText(second), place.address));
    }
    return found;
  };

  const forWriting: PlacesOfEntries["forWriting"] = async (asked, itemsAt) => {
    const places = placesOf(asked);
    const unknown = [...places].flatMap(([key, place]) => (place.second && !recall(place) ? [key] : []));
    const read =
      unknown.length > 0 ? await find({ ...asked, keys: unknown }, itemsAt) : new Map<string, FoundPlace>();
    const addresses = new Map<string, Address>();
    const takenBy = new Map<string, string>();
    for (const [key, place] of places) {
      const { home, second } = place;
      if (second === undefined) {
        addresses.set(key, home);
        continue;
      }
      const address = read.get(key)?.address ?? recall(place) ?? home;
      const first = takenBy.get(addressText(address));
      const isFree = first === undefined || first.toWellFormed() === key.toWellFormed();
      addresses.set(key, isFree ? address : second);
      if (isFree) takenBy.set(addressText(address), key);
    }
    // From now on another key's entry may be at home.
    for (const { home } of places.values()) remembered.delete(addressText(home));
    return addresses;
  };

  return { find, forWriting };
}

function placesOf({ segment, contextKind, keys }: PlacesAsked): ReadonlyMap<string, EntryPlaces> {
  return new Map(keys.map((key) => [key, entryPlaces(segment, contextKind, key)]));
}

function placeOf(
  key: string,
  { home, second }: Required<EntryPlaces>,
  { item, other }: { readonly item: StoredItem | undefined; readonly other: StoredItem | undefined },
): FoundPlace {
  if (item && isOwn(item, key)) return { address: home, item };
  if (other) return { address: second, item: other };
  return { address: item ? second : home };
}

function isOwn(item: StoredItem | undefined, key: string): boolean {
  return item !== undefined && isItemOf(item, key);
}
