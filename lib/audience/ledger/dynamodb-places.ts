import { sideBySide } from "../../delivery/side-by-side.ts";
import { addressOfItem, type StoredItem } from "../../table/item.ts";
import type { TableReadingCalls } from "../../table/reading-calls.ts";
import type { RetryPorts } from "./dynamodb-attempts.ts";
import { CALLS_AT_ONCE, chunks, READS_PER_CALL, readAll } from "./dynamodb-entries.ts";
import { createPlacesOfEntries, type FoundPlace, type ItemsAt, type PlacesAsked } from "./entry-places.ts";
import { addressText } from "./keys.ts";

export type DynamoPlaces = {
  readonly itemsAt: ItemsAt;
  /** Where the entry of each key lies, and the item if there is one. */
  readonly find: (asked: PlacesAsked) => Promise<ReadonlyMap<string, FoundPlace>>;
};

/** The items that the operator's tools ask for by name. */
export function dynamoPlaces({
  calls,
  ports,
}: {
  readonly calls: TableReadingCalls;
  readonly ports: RetryPorts;
}): DynamoPlaces {
  const itemsAt: ItemsAt = async (addresses) => {
    // DynamoDB refuses a call that names one item twice.
    const distinct = new Map(addresses.map((address) => [addressText(address), address]));
    const found = new Map<string, StoredItem>();
    await sideBySide(chunks([...distinct.values()], READS_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
      for (const item of await readAll(chunk, { calls, ports, mayStart: () => true }))
        found.set(addressText(addressOfItem(item)), item);
    });
    return found;
  };
  const places = createPlacesOfEntries();
  return { itemsAt, find: (asked) => places.find(asked, itemsAt) };
}
