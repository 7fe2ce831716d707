import type {
  ForgottenEntry,
  LedgerListing,
  ListedHold,
  ScannedItem,
} from "../../lib/audience/ledger/listing.ts";
import { isLock } from "../../lib/audience/ledger/locks.ts";
import { listedSegment } from "../../lib/audience/ledger/partitions.ts";
import { type MemoryTable, memoryLedger } from "./memory-ledger.ts";

/** The listing without a database: the reference for its contract, over the table of a `memoryLedger`. */
export function memoryListing(table: MemoryTable): LedgerListing {
  const { readEntries } = memoryLedger(table);
  return {
    members: async function* (segment, contextKind, { onRead } = {}) {
      let items = 0;
      for (const [place, entry] of [...table.entries]) {
        const [environment, name, kind, key = ""] = texts(place);
        if (environment !== segment.environment || kind !== contextKind) continue;
        if (
          name !== segment.segment &&
          listedSegment({ environment, segment: name ?? "" }).segment !== segment.segment
        )
          continue;
        items += 1;
        onRead?.({ items, readUnits: 0 });
        yield { key, entry };
      }
    },

    scan: async function* ({ onProgress } = {}) {
      let items = 0;
      for (const item of [...scanned(table)]) {
        items += 1;
        onProgress?.({ items, readUnits: 0 });
        yield item;
      }
    },

    size: async () => ({ items: table.entries.size + table.holds.size, bytes: 0 }),

    hold: async ({ environment, segment }) => {
      const hold = table.holds.get(JSON.stringify([environment, segment]));
      return hold && listedHold(hold);
    },

    entries: readEntries,

    forgetEntries: async ({ contextKind, contextKey, segments }) =>
      segments.map((segment) => {
        const place = JSON.stringify([segment.environment, segment.segment, contextKind, contextKey]);
        return { segment, outcome: forget(table, place) };
      }),
  };
}

function* scanned({ entries, holds }: MemoryTable): Generator<ScannedItem> {
  for (const [place, entry] of entries) {
    const [environment = "", segment = "", contextKind = "", key = ""] = texts(place);
    yield { kind: "entry", segment: listedSegment({ environment, segment }), contextKind, key, entry };
  }
  for (const [place, hold] of holds) {
    const [environment = "", segment = ""] = texts(place);
    if (isLock({ environment, segment })) continue;
    yield { kind: "hold", segment: listedSegment({ environment, segment }), hold: listedHold(hold) };
  }
}

function listedHold(hold: Omit<ListedHold, "stalled"> & { readonly stalled?: boolean }): ListedHold {
  return { ...hold, stalled: hold.stalled ?? false };
}

function forget({ entries }: MemoryTable, place: string): ForgottenEntry["outcome"] {
  const entry = entries.get(place);
  if (!entry) return "none";
  if (entry.action === "add") return "member";
  entries.delete(place);
  return "deleted";
}

function texts(place: string): readonly string[] {
  const parts: unknown = JSON.parse(place);
  return Array.isArray(parts) ? parts.map(String) : [];
}
