import { sideBySide } from "../../delivery/side-by-side.ts";
import type { DynamoCalls } from "../../table/calls.ts";
import { type Address, addressOfItem, type Item, type StoredItem } from "../../table/item.ts";
import { isPassing, MAX_ATTEMPTS, pauseAfter, type RetryPorts, unavailable } from "./dynamodb-attempts.ts";
import { dynamoHolds } from "./dynamodb-holds.ts";
import { createPlacesOfEntries, type ItemsAt } from "./entry-places.ts";
import { entryItem, entryOfItem } from "./items.ts";
import { addressText, entryAddress } from "./keys.ts";
import type { Entry, Ledger } from "./ledger.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
export const READS_PER_CALL = 100;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
export const WRITES_PER_CALL = 25;
/** Concurrent calls: enough to hide most of the latency, few enough that DynamoDB does not throttle the burst. */
export const CALLS_AT_ONCE = 4;

export type EntriesSettings = {
  readonly calls: DynamoCalls;
  readonly ports: RetryPorts;
  /** `writeEntries` ends within this, in ms, whatever becomes of it: whoever calls it holds the segment for longer. */
  readonly writeTimeoutMs: number;
};

/** The entries of a DynamoDB table with keys `pk` and `sk` and the TTL attribute `expires`. */
export function dynamoEntries({ calls, ports, writeTimeoutMs }: EntriesSettings): Entries {
  const places = createPlacesOfEntries();
  const reading =
    (mayStart: () => boolean): ItemsAt =>
    async (addresses) => {
      // DynamoDB refuses a call that names one item twice.
      const distinct = new Map(addresses.map((address) => [addressText(address), address]));
      const found = new Map<string, StoredItem>();
      await sideBySide(chunks([...distinct.values()], READS_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
        for (const item of await readAll(chunk, { calls, ports, mayStart }))
          found.set(addressText(addressOfItem(item)), item);
      });
      return found;
    };
  return {
    readEntries: async (segment, contextKind, keys) => {
      const answer = new Map<string, Entry>();
      const found = await places.find(
        { segment, contextKind, keys },
        reading(() => true),
      );
      for (const [key, { item }] of found) if (item) answer.set(key, entryOfItem(item));
      return answer;
    },

    writeEntries: async (segment, contextKind, changed) => {
      const startedMs = ports.now();
      const mayStart = () => ports.now() + calls.timeoutMs <= startedMs + writeTimeoutMs;
      const asked = { segment, contextKind, keys: [...changed.keys()] };
      const addresses = await places.forWriting(asked, reading(mayStart));
      const items = new Map<string, Item>();
      for (const [key, entry] of changed) {
        const address = addresses.get(key) ?? entryAddress(segment, contextKind, key);
        items.set(addressText(address), entryItem(address, key, entry, startedMs));
      }
      await sideBySide(chunks([...items], WRITES_PER_CALL), CALLS_AT_ONCE, (chunk) =>
        writeAll(new Map(chunk), { calls, ports, mayStart }),
      );
    },
  };
}

type Entries = Pick<Ledger, "readEntries" | "writeEntries">;

type Attempts<Calls> = {
  readonly calls: Calls;
  readonly ports: RetryPorts;
  /** Whether another call can end in the remaining time. */
  readonly mayStart: () => boolean;
};

/** Strongly consistent. At most {@link READS_PER_CALL} addresses, each once. */
export async function readAll(
  addresses: readonly Address[],
  { calls, ports, mayStart }: Attempts<Pick<DynamoCalls, "batchGet">>,
): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  let left = addresses;
  for (let attempt = 0; ; attempt += 1) {
    if (!mayStart()) throw unavailable("was not read in time");
    const answer = await calls.batchGet(left);
    if (!isPassing(answer)) {
      items.push(...answer.items);
      left = answer.unprocessed;
      if (left.length === 0) return items;
    }
    if (attempt + 1 === MAX_ATTEMPTS)
      throw unavailable("was not read in full", isPassing(answer) ? answer.cause : undefined);
    await pauseAfter(attempt, ports);
  }
}

/**
 * A write without an answer is never repeated. The repeat could succeed and the hold be released while the first is
 * still on its way; it would then land on top of somebody else's newer entry. Failing instead lets the caller stall.
 */
async function writeAll(
  items: ReadonlyMap<string, Item>,
  { calls, ports, mayStart }: Attempts<Pick<DynamoCalls, "batchWrite">>,
): Promise<void> {
  let left = [...items.values()];
  let cause: Error | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (attempt > 0) await pauseAfter(attempt - 1, ports);
    if (!mayStart()) break;
    const answer = await calls.batchWrite(left);
    if (answer.kind === "unanswered") throw unavailable("did not answer a write", answer.cause);
    if (answer.kind === "unavailable") {
      cause = answer.cause;
    } else {
      left = answer.unprocessed.map((address) => itemAt(items, address));
      if (left.length === 0) return;
    }
  }
  throw unavailable("was not written in full", cause);
}

function itemAt(items: ReadonlyMap<string, Item>, address: Address): Item {
  const item = items.get(addressText(address));
  if (!item) throw unavailable("named an item as not written that was not sent");
  return item;
}

export function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** The membership ledger in one DynamoDB table: entries that age out, and holds that never do. */
export function dynamoLedger(settings: EntriesSettings): Ledger {
  return { ...dynamoHolds(settings), ...dynamoEntries(settings) };
}
