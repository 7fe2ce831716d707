import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Hold, Ledger, LedgerSegment } from "./ledger.ts";
import { type LedgerListing, type ReadSoFar, readUnitsOfScan, type ScannedItem } from "./listing.ts";
import { QUEUE_WALK_LOCK } from "./locks.ts";

/** A ledger, and the listing of the same table. */
export type ListedLedger = { readonly ledger: Ledger; readonly listing: LedgerListing };

/** What every adapter of the listing must do. Each test uses an environment of its own, so one table serves them all. */
export function listingContract(adapter: string, make: () => Promise<ListedLedger>): void {
  describe(`the listing of the ledger on ${adapter}`, () => {
    let made: Promise<ListedLedger> | undefined;
    const ports = (): Promise<ListedLedger> => {
      made ??= make();
      return made;
    };
    let counter = 0;
    const anyEnvironment = (): string => {
      counter += 1;
      return `environment-${counter}`;
    };
    const anySegment = (): LedgerSegment => ({ environment: anyEnvironment(), segment: "list/vip#1" });
    const write = async (segment: LedgerSegment, kind: string, entries: ReadonlyMap<string, Entry>) =>
      (await ports()).ledger.writeEntries(segment, kind, entries);
    const members = async (segment: LedgerSegment, kind: string) =>
      byKey(await all((await ports()).listing.members(segment, kind)));
    const scan = async (environment: string, segmentsAtATime?: number) =>
      (await all((await ports()).listing.scan({ segmentsAtATime }))).filter(
        (item) => item.kind !== "foreign" && item.segment.environment === environment,
      );
    const take = async (segment: LedgerSegment, nowMs: number): Promise<Hold> => {
      const answer = await (await ports()).ledger.takeHold(segment, nowMs, 60_000);
      if (answer.kind !== "taken") throw new Error("the hold was busy");
      return answer.hold;
    };

    describe("the members of a segment", () => {
      test("are all its entries, added and removed, however many", async () => {
        const segment = anySegment();
        const written = manyEntries(1_500);
        await write(segment, "user", written);
        expect(await members(segment, "user")).toEqual(written);
      });

      test("are none where nothing was written", async () => {
        expect((await members(anySegment(), "user")).size).toBe(0);
      });

      test("are not those of another kind, environment or segment, however it is named", async () => {
        const environment = anyEnvironment();
        const kinds = ["user", "device", "long", "short", "0"];
        const segments = ["b#user", "b#user#0", "b#user#0#long", "#b", "b#", "B"];
        const places = [
          ...kinds.map((kind) => ({ segment: { environment, segment: "b" }, kind })),
          ...segments.map((segment) => ({ segment: { environment, segment }, kind: "user" })),
        ];
        for (const [nth, { segment, kind }] of places.entries())
          await write(segment, kind, new Map([["ana", entry(nth)]]));
        for (const [nth, { segment, kind }] of places.entries())
          expect(await members(segment, kind)).toEqual(new Map([["ana", entry(nth)]]));
        expect((await members({ environment: anyEnvironment(), segment: "b" }, "user")).size).toBe(0);
      });

      test("go by their own key, of any length and script", async () => {
        const segment = anySegment();
        const keys = ["a#b", " ", "ключ", "🦊".repeat(300), "x".repeat(1_024), "x".repeat(1_025), "hold"];
        const written = new Map(keys.map((key, nth) => [key, entry(nth)]));
        await write(segment, "user", written);
        expect(await members(segment, "user")).toEqual(written);
      });

      test.each(["long", "short"] as const)(
        "are both a long key and the short one that is its SHA-256, when the %s one came first",
        async (first) => {
          const segment = anySegment();
          const { long, short } = pairOfOneHome(first);
          const keys = first === "long" ? [long, short] : [short, long];
          for (const [nth, key] of keys.entries()) await write(segment, "user", new Map([[key, entry(nth)]]));
          expect(await members(segment, "user")).toEqual(new Map(keys.map((key, nth) => [key, entry(nth)])));
        },
      );

      test("are counted as they are read", async () => {
        const segment = anySegment();
        await write(segment, "user", manyEntries(300));
        const counts: number[] = [];
        const onRead = ({ items }: ReadSoFar) => counts.push(items);
        await all((await ports()).listing.members(segment, "user", { onRead }));
        expect(counts).toEqual(counts.toSorted((a, b) => a - b));
        expect(counts.at(-1)).toBe(300);
      });

      test("are read no further once nobody asks for more", async () => {
        const segment = anySegment();
        await write(segment, "user", manyEntries(50));
        for await (const { key } of (await ports()).listing.members(segment, "user")) {
          expect(key).toMatch(/^member-/);
          break;
        }
      });
    });

    describe("a scan", () => {
      test("finds every entry with its segment, its kind and its key", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(anyWrite, { selector: placeOfWrite, maxLength: 40 }),
            async (writes) => {
              const environment = anyEnvironment();
              for (const [nth, { segment, kind, key }] of writes.entries())
                await write({ environment, segment }, kind, new Map([[key, entry(nth)]]));
              const found = (await scan(environment)).map(({ kind: _kind, ...item }) => item);
              const expected = writes.map(({ segment, kind, key }, nth) => ({
                segment: { environment, segment, isDigest: false },
                contextKind: kind,
                key,
                entry: entry(nth),
              }));
              expect(sorted(found)).toEqual(sorted(expected));
            },
          ),
          { numRuns: 4 },
        );
      });

      test.each([1, 3, 7])("in %i parts side by side finds each item once", async (parts) => {
        const segment = anySegment();
        const written = manyEntries(250);
        await write(segment, "user", written);
        const found = await scan(segment.environment, parts);
        expect(found).toHaveLength(250);
        expect(byKey(found.flatMap((item) => (item.kind === "entry" ? [item] : [])))).toEqual(written);
      });

      test("names a segment of over 1,024 bytes by its digest, by which its members are listed", async () => {
        const segment = { environment: anyEnvironment(), segment: `list/${"é".repeat(600)}` };
        await write(segment, "user", new Map([["ana", entry(1)]]));
        await take(segment, 1_000);
        const found = await scan(segment.environment);
        const digest = createHash("sha256").update(segment.segment).digest("hex");
        expect(found.map((item) => ("segment" in item ? item.segment : item))).toEqual(
          Array(2).fill({ environment: segment.environment, segment: digest, isDigest: true }),
        );
        expect(await members({ ...segment, segment: digest }, "user")).toEqual(new Map([["ana", entry(1)]]));
      });

      test("has no lock, which is held as a segment is and is none", async () => {
        await take(QUEUE_WALK_LOCK, 1_000);
        expect(await scan(QUEUE_WALK_LOCK.environment)).toEqual([]);
      });

      test("finds the hold of a segment", async () => {
        const segment = anySegment();
        await take(segment, 1_000);
        expect(await scan(segment.environment)).toEqual([
          {
            kind: "hold",
            segment: { ...segment, isDigest: false },
            hold: { n: 1, dirty: 0, untilMs: 61_000, stalled: false },
          } satisfies ScannedItem,
        ]);
      });

      test("counts what it has read", async () => {
        const scanOnce = async () => {
          let last: ReadSoFar | undefined;
          const onProgress = (soFar: ReadSoFar) => {
            last = soFar;
          };
          const found = await all((await ports()).listing.scan({ onProgress }));
          return { read: last?.items ?? 0, found: found.length };
        };
        const before = await scanOnce();
        await write(anySegment(), "user", manyEntries(100));
        const after = await scanOnce();
        expect(after.read - before.read).toBe(after.found - before.found);
        expect(after.read - before.read).toBeGreaterThanOrEqual(100);
      });
    });

    test("the size of the table is a number of items and of bytes, whose scan has a price", async () => {
      const size = await (await ports()).listing.size();
      expect(size).toEqual({ items: expect.any(Number), bytes: expect.any(Number) });
      expect(readUnitsOfScan({ items: 1, bytes: 4_097 })).toBe(1);
    });

    test("the hold of a segment is told from its taking to its release, and after", async () => {
      const segment = anySegment();
      const { ledger, listing } = await ports();
      expect(await listing.hold(segment)).toBeUndefined();
      await ledger.stallHold(await take(segment, 1_000));
      expect(await listing.hold(segment)).toEqual({ n: 1, dirty: 0, untilMs: 61_000, stalled: true });
      await ledger.releaseHold(await take(segment, 61_000), "clean");
      expect(await listing.hold(segment)).toEqual({ n: 2, dirty: 1, stalled: false });
    });

    test("entries are those that the ledger reads", async () => {
      const segment = anySegment();
      const { long, short } = pairOfOneHome("entries");
      const written = new Map([...manyEntries(250), [long, entry(1)], [short, entry(2)]]);
      await write(segment, "user", written);
      const { listing } = await ports();
      expect(await listing.entries(segment, "user", [...written.keys(), "nobody", "member-1"])).toEqual(
        written,
      );
      expect((await listing.entries(segment, "user", [])).size).toBe(0);
    });

    describe("forgetting a context", () => {
      test("deletes its removals, and neither its memberships nor anybody else's entry", async () => {
        const environment = anyEnvironment();
        const [removed, member, stranger] = [
          { environment, segment: "list/a" },
          { environment, segment: "list/b" },
          { environment, segment: "list/c" },
        ] as const;
        const others = new Map([["bob", entry(3, "remove")]]);
        await write(removed, "user", new Map([["ana", entry(1, "remove")], ...others]));
        await write(removed, "device", new Map([["ana", entry(1, "remove")]]));
        await write(member, "user", new Map([["ana", entry(2, "add")]]));
        const { listing } = await ports();
        const context = { contextKind: "user", contextKey: "ana" };
        expect(await listing.forgetEntries({ ...context, segments: [removed, member, stranger] })).toEqual([
          { segment: removed, outcome: "deleted" },
          { segment: member, outcome: "member" },
          { segment: stranger, outcome: "none" },
        ]);
        expect(await members(removed, "user")).toEqual(others);
        expect((await members(removed, "device")).size).toBe(1);
        expect((await members(member, "user")).size).toBe(1);
        expect(await listing.forgetEntries({ ...context, segments: [removed] })).toEqual([
          { segment: removed, outcome: "none" },
        ]);
      });

      test.each(["long", "short"] as const)(
        "deletes that of the %s key and not that of the other with the same home",
        async (forgotten) => {
          const segment = anySegment();
          const pair = pairOfOneHome(`forget ${forgotten}`);
          const kept = forgotten === "long" ? pair.short : pair.long;
          for (const key of [pair.long, pair.short])
            await write(segment, "user", new Map([[key, entry(1, "remove")]]));
          const context = { contextKind: "user", contextKey: pair[forgotten], segments: [segment] };
          expect(await (await ports()).listing.forgetEntries(context)).toEqual([
            { segment, outcome: "deleted" },
          ]);
          expect(await members(segment, "user")).toEqual(new Map([[kept, entry(1, "remove")]]));
        },
      );

      test("of no segment is nothing to do", async () => {
        const { listing } = await ports();
        const context = { contextKind: "user", contextKey: "ana", segments: [] };
        expect(await listing.forgetEntries(context)).toEqual([]);
      });
    });
  });
}

const anyWrite = fc.record({
  segment: fc.oneof(
    fc.constantFrom("list/vip", "list/vip#user", "list/vip#user#0", "list/vip#user#0#long", "big/#"),
    fc.string({ unit: "grapheme", maxLength: 20 }).map((name) => `synced/${name}`),
  ),
  kind: fc.constantFrom("user", "device", "long", "short", "0"),
  key: fc.oneof(
    fc.constantFrom("hold", "#", "x".repeat(1_025), pairOfOneHome("any").long, pairOfOneHome("any").short),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  ),
});

function placeOfWrite({ segment, kind, key }: { segment: string; kind: string; key: string }): string {
  return JSON.stringify([segment, kind, key]);
}

/** A key too long for a sort key, and the short key that is its SHA-256: they share the place where an entry lies first. */
function pairOfOneHome(name: string): { readonly long: string; readonly short: string } {
  const long = name.padStart(1_025, "k");
  return { long, short: createHash("sha256").update(long).digest("hex") };
}

function entry(nth: number, action: Entry["action"] = nth % 2 === 0 ? "add" : "remove"): Entry {
  return { version: [nth, nth + 1, 0, `id,with "odd" characters ${nth}`], action, n: 1, at: nth + 2 };
}

function manyEntries(count: number): ReadonlyMap<string, Entry> {
  return new Map(Array.from({ length: count }, (_, nth) => [`member-${nth}`, entry(nth)]));
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** @throws where a key was listed twice */
function byKey(listed: readonly { readonly key: string; readonly entry: Entry }[]): Map<string, Entry> {
  const entries = new Map(listed.map(({ key, entry: found }) => [key, found]));
  expect(entries.size).toBe(listed.length);
  return entries;
}

function sorted(items: readonly object[]): object[] {
  return items.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

function textOf(item: object): string {
  return JSON.stringify("entry" in item ? item.entry : item);
}
