import { ForeignItemError, type StoredItem } from "../../table/item.ts";
import { pagesSideBySide } from "../../table/pages-side-by-side.ts";
import type { Page, PageAnswer, QueriedPage, TableReadingCalls } from "../../table/reading-calls.ts";
import { type RetryPorts, untilAnswered } from "./dynamodb-attempts.ts";
import { CALLS_AT_ONCE } from "./dynamodb-entries.ts";
import { dynamoForgetting } from "./dynamodb-forgetting.ts";
import { dynamoPlaces } from "./dynamodb-places.ts";
import { entryOfItem, holdOfItem } from "./items.ts";
import { addressText, holdAddress } from "./keys.ts";
import type { Entry } from "./ledger.ts";
import type { LedgerListing, ListedHold, ReadSoFar, ScannedItem } from "./listing.ts";
import { isLock } from "./locks.ts";
import { entryPartitions, keyOfItem, ownerOfItem } from "./partitions.ts";

export type ListingSettings = {
  readonly calls: TableReadingCalls;
  readonly ports: RetryPorts;
  /** 1,000 without it, which is some megabytes of memory; the 1 MB that DynamoDB would send takes ten times as much. */
  readonly itemsPerPage?: number;
};

/** The listing of the ledger's DynamoDB table. */
export function dynamoListing({ calls, ports, itemsPerPage = 1_000 }: ListingSettings): LedgerListing {
  const { itemsAt, find } = dynamoPlaces({ calls, ports });
  const pages = (read: (asked: PageAsked) => Promise<PageAnswer>) =>
    allPages((after) => untilAnswered(() => read({ after, limit: itemsPerPage }), ports));
  return {
    members: async function* (segment, contextKind, { onRead } = {}) {
      const partitions = entryPartitions(segment, contextKind).map((partition) =>
        pages((asked) => calls.query({ ...asked, partition })),
      );
      for await (const items of counted(pagesSideBySide(partitions, CALLS_AT_ONCE), onRead))
        for (const item of items) yield { key: keyOfItem(item), entry: entryOfItem(item) };
    },

    scan: async function* ({ segmentsAtATime: parts = CALLS_AT_ONCE, onProgress } = {}) {
      const readers = Array.from({ length: parts }, (_, part) =>
        pages((asked) => calls.scan({ ...asked, part, parts })),
      );
      for await (const items of counted(pagesSideBySide(readers, parts), onProgress))
        for (const item of items) {
          const scanned = scannedItem(item);
          if (scanned.kind !== "hold" || !isLock(scanned.segment)) yield scanned;
        }
    },

    size: async () => {
      const { items, bytes } = await untilAnswered(calls.size, ports);
      return { items, bytes };
    },

    hold: async (segment) => {
      const address = holdAddress(segment);
      const item = (await itemsAt([address])).get(addressText(address));
      return item && listedHold(item);
    },

    entries: async (segment, contextKind, keys) => {
      const answer = new Map<string, Entry>();
      for (const [key, { item }] of await find({ segment, contextKind, keys }))
        if (item) answer.set(key, entryOfItem(item));
      return answer;
    },

    forgetEntries: dynamoForgetting({ calls, ports, find }),
  };
}

type PageAsked = Pick<QueriedPage, "after" | "limit">;

async function* allPages(read: (after: Page["next"]) => Promise<Page>): AsyncGenerator<Page> {
  let next: Page["next"];
  do {
    const page = await read(next);
    yield page;
    next = page.next;
  } while (next);
}

async function* counted(
  pages: AsyncIterable<Page>,
  onRead: ((soFar: ReadSoFar) => void) | undefined,
): AsyncGenerator<readonly StoredItem[]> {
  let soFar: ReadSoFar = { items: 0, readUnits: 0 };
  for await (const { items, readUnits } of pages) {
    soFar = { items: soFar.items + items.length, readUnits: soFar.readUnits + readUnits };
    onRead?.(soFar);
    yield items;
  }
}

function scannedItem(item: StoredItem): ScannedItem {
  try {
    const owner = ownerOfItem(item);
    return owner.kind === "hold"
      ? { ...owner, hold: listedHold(item) }
      : { ...owner, entry: entryOfItem(item) };
  } catch (error) {
    if (error instanceof ForeignItemError) return { kind: "foreign", problem: error.message };
    throw error;
  }
}

function listedHold(item: StoredItem): ListedHold {
  const { by: _by, ...hold } = holdOfItem(item);
  return hold;
}
