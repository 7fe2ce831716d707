import type { Entry, Hold, Ledger, LedgerSegment } from "../../lib/audience/ledger/ledger.ts";

type HoldItem = {
  readonly n: number;
  readonly dirty: number;
  readonly untilMs?: number;
  readonly stalled?: boolean;
};

/** What the ledger keeps, by a JSON list: of environment and segment, and of an entry its kind and key as well. */
export type MemoryTable = {
  readonly holds: Map<string, HoldItem>;
  readonly entries: Map<string, Entry>;
};

export function memoryTable(): MemoryTable {
  return { holds: new Map(), entries: new Map() };
}

/** The ledger without a database: the reference for its contract, and what the promise test runs histories against. */
export function memoryLedger({ holds, entries }: MemoryTable = memoryTable()): Ledger {
  const holdKey = (segment: LedgerSegment) => JSON.stringify([segment.environment, segment.segment]);
  const entryKey = (segment: LedgerSegment, kind: string, key: string) =>
    JSON.stringify([segment.environment, segment.segment, kind, key]);
  const ours = (hold: Hold) => {
    const item = holds.get(holdKey(hold.segment));
    return item?.n === hold.n ? item : undefined;
  };
  const taken = (segment: LedgerSegment, item: HoldItem & { readonly untilMs: number }) => {
    holds.set(holdKey(segment), item);
    return { kind: "taken" as const, hold: { segment, n: item.n, untilMs: item.untilMs, dirty: item.dirty } };
  };
  return {
    takeHold: async (segment, nowMs, holdMs) => {
      const item = holds.get(holdKey(segment)) ?? { n: 0, dirty: 0 };
      const untilMs = nowMs + holdMs;
      if (item.untilMs === undefined) return taken(segment, { n: item.n + 1, dirty: item.dirty, untilMs });
      if (item.untilMs > nowMs)
        return { kind: "busy", untilMs: item.untilMs, stalled: item.stalled ?? false };
      return taken(segment, { n: item.n + 1, dirty: item.n, untilMs });
    },
    renewHold: async (hold, nowMs, holdMs) => {
      const item = ours(hold);
      if (item?.untilMs === undefined || item.untilMs <= nowMs) return "lost";
      const untilMs = nowMs + holdMs;
      holds.set(holdKey(hold.segment), { ...item, untilMs });
      return { ...hold, untilMs };
    },
    releaseHold: async (hold, ending) => {
      const item = ours(hold);
      if (item)
        holds.set(holdKey(hold.segment), { n: item.n, dirty: ending === "dirty" ? item.n : item.dirty });
    },
    stallHold: async (hold) => {
      const item = ours(hold);
      if (item?.untilMs !== undefined) holds.set(holdKey(hold.segment), { ...item, stalled: true });
    },
    readEntries: async (segment, kind, keys) => {
      const found = new Map<string, Entry>();
      for (const key of keys) {
        const entry = entries.get(entryKey(segment, kind, key));
        if (entry) found.set(key, entry);
      }
      return found;
    },
    writeEntries: async (segment, kind, changed) => {
      for (const [key, entry] of changed) entries.set(entryKey(segment, kind, key), entry);
    },
  };
}

/** A memory ledger that counts how often a hold was asked for and entries were read. */
export function countedLedger(counts: { holds: number; reads: number }): Ledger {
  const ledger = memoryLedger();
  return {
    ...ledger,
    takeHold: (...args) => {
      counts.holds += 1;
      return ledger.takeHold(...args);
    },
    readEntries: (...args) => {
      counts.reads += 1;
      return ledger.readEntries(...args);
    },
  };
}
