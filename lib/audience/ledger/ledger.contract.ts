import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Hold, Ledger, LedgerSegment } from "./ledger.ts";

/** What every ledger adapter must do. Each test uses a segment of its own, so one ledger serves them all. */
export function ledgerContract(adapter: string, makeLedger: () => Promise<Ledger>): void {
  describe(`the membership ledger on ${adapter}`, () => {
    let made: Promise<Ledger> | undefined;
    const ledger = (): Promise<Ledger> => {
      made ??= makeLedger();
      return made;
    };
    let counter = 0;
    const anySegment = (): LedgerSegment => {
      counter += 1;
      return { environment: "environment", segment: `synced/segment-audiences/aud#${counter}` };
    };
    const take = async (segment: LedgerSegment, nowMs: number, holdMs = 60_000): Promise<Hold> => {
      const answer = await (await ledger()).takeHold(segment, nowMs, holdMs);
      if (answer.kind !== "taken") throw new Error("the hold was busy");
      return answer.hold;
    };
    const entry = (atMs: number, action: Entry["action"] = "add", n = 1): Entry => ({
      version: [atMs, atMs + 1, 0, `id,with "odd" characters ${atMs}`],
      action,
      n,
      at: atMs + 2,
    });

    test("a free segment is taken until now plus the length of the hold", async () => {
      const segment = anySegment();
      expect(await take(segment, 1_000, 60_000)).toEqual({ segment, n: 1, untilMs: 61_000, dirty: 0 });
    });

    test("a taken segment is busy and says until when", async () => {
      const segment = anySegment();
      await take(segment, 1_000);
      expect(await (await ledger()).takeHold(segment, 60_999, 60_000)).toEqual({
        kind: "busy",
        untilMs: 61_000,
        stalled: false,
      });
    });

    test("a stalled hold says so and stands until it expires", async () => {
      const segment = anySegment();
      await (await ledger()).stallHold(await take(segment, 1_000));
      expect(await (await ledger()).takeHold(segment, 2_000, 60_000)).toEqual({
        kind: "busy",
        untilMs: 61_000,
        stalled: true,
      });
    });

    test("an expired hold is taken over, and what it wrote is in doubt", async () => {
      const segment = anySegment();
      await take(segment, 1_000);
      expect(await take(segment, 61_000)).toEqual({ segment, n: 2, untilMs: 121_000, dirty: 1 });
    });

    test("taking over a stalled hold leaves no stall behind", async () => {
      const segment = anySegment();
      await (await ledger()).stallHold(await take(segment, 1_000));
      await take(segment, 61_000);
      expect(await (await ledger()).takeHold(segment, 61_001, 60_000)).toEqual({
        kind: "busy",
        untilMs: 121_000,
        stalled: false,
      });
    });

    test("of many that take at once exactly one succeeds", async () => {
      const segment = anySegment();
      const port = await ledger();
      const free = await Promise.all(Array.from({ length: 8 }, () => port.takeHold(segment, 1_000, 60_000)));
      expect(free.filter((answer) => answer.kind === "taken")).toHaveLength(1);
      const expired = await Promise.all(
        Array.from({ length: 8 }, () => port.takeHold(segment, 61_000, 60_000)),
      );
      expect(expired.filter((answer) => answer.kind === "taken")).toHaveLength(1);
    });

    test("a cleanly released segment is free and nothing is in doubt", async () => {
      const segment = anySegment();
      await (await ledger()).releaseHold(await take(segment, 1_000), "clean");
      expect(await take(segment, 1_001)).toMatchObject({ n: 2, dirty: 0 });
    });

    test("a dirty release puts everything up to this hold in doubt, and a later clean one keeps it so", async () => {
      const segment = anySegment();
      await (await ledger()).releaseHold(await take(segment, 1_000), "dirty");
      const second = await take(segment, 1_001);
      expect(second).toMatchObject({ n: 2, dirty: 1 });
      await (await ledger()).releaseHold(second, "clean");
      expect(await take(segment, 1_002)).toMatchObject({ n: 3, dirty: 1 });
    });

    test("a hold that somebody took over cannot be released, stalled or renewed by its old owner", async () => {
      const segment = anySegment();
      const port = await ledger();
      const old = await take(segment, 1_000);
      await take(segment, 61_000);
      await port.releaseHold(old, "dirty");
      await port.stallHold(old);
      expect(await port.renewHold(old, 61_001, 60_000)).toBe("lost");
      expect(await port.takeHold(segment, 61_002, 60_000)).toEqual({
        kind: "busy",
        untilMs: 121_000,
        stalled: false,
      });
    });

    test("a hold that was released cannot be stalled or renewed any more", async () => {
      const segment = anySegment();
      const port = await ledger();
      const hold = await take(segment, 1_000);
      await port.releaseHold(hold, "clean");
      await port.stallHold(hold);
      expect(await port.renewHold(hold, 1_001, 60_000)).toBe("lost");
      expect(await take(segment, 1_002)).toMatchObject({ n: 2, dirty: 0 });
    });

    test("renewing moves the end, and an expired hold cannot be renewed", async () => {
      const segment = anySegment();
      const port = await ledger();
      const hold = await take(segment, 1_000);
      expect(await port.renewHold(hold, 31_000, 60_000)).toEqual({ ...hold, untilMs: 91_000 });
      expect(await port.takeHold(segment, 90_999, 60_000)).toMatchObject({ kind: "busy", untilMs: 91_000 });
      expect(await port.renewHold(hold, 91_000, 60_000)).toBe("lost");
    });

    test("holds of different segments and environments are strangers", async () => {
      const segment = anySegment();
      await take(segment, 1_000);
      expect(await take({ ...segment, environment: "another" }, 1_000)).toMatchObject({ n: 1 });
      expect(await take({ ...segment, segment: `${segment.segment}#` }, 1_000)).toMatchObject({ n: 1 });
    });

    test("entries are read back as written, and unknown keys are absent", async () => {
      const segment = anySegment();
      const port = await ledger();
      const written = new Map([
        ["ana", entry(1_000)],
        ["bob", entry(2_000, "remove", 7)],
      ]);
      await port.writeEntries(segment, "user", written);
      expect(await port.readEntries(segment, "user", ["ana", "bob", "eve"])).toEqual(written);
    });

    test("an entry is replaced by the next one", async () => {
      const segment = anySegment();
      const port = await ledger();
      await port.writeEntries(segment, "user", new Map([["ana", entry(1_000)]]));
      await port.writeEntries(segment, "user", new Map([["ana", entry(2_000, "remove", 2)]]));
      expect(await port.readEntries(segment, "user", ["ana"])).toEqual(
        new Map([["ana", entry(2_000, "remove", 2)]]),
      );
    });

    test("the same key of another kind, segment or environment is another member", async () => {
      const segment = anySegment();
      const port = await ledger();
      await port.writeEntries(segment, "user", new Map([["ana", entry(1_000)]]));
      expect((await port.readEntries(segment, "device", ["ana"])).size).toBe(0);
      expect((await port.readEntries(anySegment(), "user", ["ana"])).size).toBe(0);
      expect((await port.readEntries({ ...segment, environment: "another" }, "user", ["ana"])).size).toBe(0);
    });

    test("keys of any length and script are kept apart", async () => {
      const segment = anySegment();
      const port = await ledger();
      const keys = [
        "a#b",
        "a",
        "b",
        " ",
        "ключ",
        "🦊".repeat(300),
        "x".repeat(1_024),
        "x".repeat(1_025),
        "x".repeat(4_000),
      ];
      const written = new Map(keys.map((key, index) => [key, entry(index + 1)]));
      await port.writeEntries(segment, "user", written);
      expect(await port.readEntries(segment, "user", keys)).toEqual(written);
    });

    describe("a key too long for a sort key, and the short key that is its SHA-256,", () => {
      const pair = (counted: number) => {
        const long = `${counted}`.padStart(1_025, "k");
        return { long, short: createHash("sha256").update(long).digest("hex") };
      };

      test("have an entry each, in whatever order they are written and replaced", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.record({
                keys: fc.subarray(["long", "short"] as const, { minLength: 1 }),
                action: fc.constantFrom("add" as const, "remove" as const),
                isReadFirst: fc.boolean(),
                isReversed: fc.boolean(),
              }),
              { maxLength: 6 },
            ),
            async (writes) => {
              const [port, segment] = [await ledger(), anySegment()];
              const names = pair(counter);
              const expected = new Map<string, Entry>();
              for (const [nth, { keys, action, isReadFirst, isReversed }] of writes.entries()) {
                const changed = keys.map((key, at) => [names[key], entry(10 * nth + at, action)] as const);
                if (isReadFirst) await port.readEntries(segment, "user", Object.values(names));
                await port.writeEntries(segment, "user", new Map(isReversed ? changed.reverse() : changed));
                for (const [key, written] of changed) expected.set(key, written);
                expect(await port.readEntries(segment, "user", Object.values(names))).toEqual(expected);
              }
              for (const key of Object.values(names))
                expect((await port.readEntries(segment, "user", [key])).get(key)).toEqual(expected.get(key));
            },
          ),
          { numRuns: 30 },
        );
      });

      test("keep apart also when both were read before either was written", async () => {
        const [port, segment] = [await ledger(), anySegment()];
        const { long, short } = pair(counter);
        await port.readEntries(segment, "user", [long, short]);
        await port.writeEntries(segment, "user", new Map([[short, entry(1)]]));
        await port.writeEntries(segment, "user", new Map([[long, entry(2, "remove")]]));
        expect(await port.readEntries(segment, "user", [long, short])).toEqual(
          new Map([
            [long, entry(2, "remove")],
            [short, entry(1)],
          ]),
        );
      });
    });

    test("more keys than one call of the database takes are read and written all the same", async () => {
      const segment = anySegment();
      const port = await ledger();
      const written = new Map(
        Array.from({ length: 260 }, (_, index) => [`member-${index}`, entry(index + 1)]),
      );
      await port.writeEntries(segment, "user", written);
      expect(await port.readEntries(segment, "user", [...written.keys(), "member-1", "nobody"])).toEqual(
        written,
      );
    });

    test("nothing asked is nothing answered", async () => {
      const port = await ledger();
      await port.writeEntries(anySegment(), "user", new Map());
      expect((await port.readEntries(anySegment(), "user", [])).size).toBe(0);
    });
  });
}
