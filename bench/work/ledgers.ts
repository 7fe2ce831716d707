import { dynamoLedger } from "../../lib/audience/ledger/dynamodb-entries.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";

/** A ledger that knows nobody, and whose calls cost nothing: what is left is the rest of the work. */
export function emptyLedger(): Ledger {
  return {
    takeHold: async (segment, nowMs, holdMs) => ({
      kind: "taken",
      hold: { segment, n: 1, untilMs: nowMs + holdMs, dirty: 0 },
    }),
    renewHold: async (hold, nowMs, holdMs) => ({ ...hold, untilMs: nowMs + holdMs }),
    releaseHold: async () => {},
    stallHold: async () => {},
    readEntries: async () => new Map(),
    writeEntries: async () => {},
  };
}

/** Told how many units of a table a call takes: all items are smaller than a unit. */
export type CountUnits = (kind: "read" | "written", units: number) => void;

/** The same, through the adapter of DynamoDB: its addresses, items and batches are made, and its calls are answered at once. */
export function adapterOfEmptyTable(count: CountUnits = () => undefined): Ledger {
  return dynamoLedger({
    calls: {
      timeoutMs: 3_000,
      get: async () => {
        count("read", 1);
        return { kind: "answered", item: undefined };
      },
      update: async ({ values }) => {
        count("written", 1);
        return { kind: "answered", item: { n: { N: "1" }, until: values[":until"] ?? { N: "0" } } };
      },
      batchGet: async (addresses) => {
        count("read", addresses.length);
        return { kind: "answered", items: [], unprocessed: [] };
      },
      batchWrite: async (items) => {
        count("written", items.length);
        return { kind: "answered", unprocessed: [] };
      },
    },
    ports: { now: Date.now, random: Math.random, sleep: async () => {} },
    writeTimeoutMs: 10_000,
  });
}
