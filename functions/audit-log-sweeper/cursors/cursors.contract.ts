import { describe, expect, test } from "vitest";
import type { Cursor, CursorKey, Cursors } from "./cursor.ts";

/** What every adapter of cursors must do. Each test uses a key of its own, so one adapter serves them all. */
export function cursorsContract(adapter: string, makeCursors: () => Promise<Cursors>): void {
  describe(`cursors on ${adapter}`, () => {
    let made: Promise<Cursors> | undefined;
    const cursors = (): Promise<Cursors> => {
      made ??= makeCursors();
      return made;
    };
    let counter = 0;
    const anyKey = (): CursorKey => {
      counter += 1;
      return { connection: `connection-${counter}`, spec: "proj/*:env/*:flag/*;a,b" };
    };
    const cursor: Cursor = {
      sweptUntil: 1_000,
      open: { until: 3_000, place: { before: 2_000, next: "/api/v2/auditlog?before=1" } },
      queued: [{ id: 'odd "id" é', at: 2_500 }],
    };

    test("there is none before the first write", async () => {
      expect(await (await cursors()).read(anyKey())).toBeUndefined();
    });

    test("what was written is read, and counts its writes", async () => {
      const [port, key] = [await cursors(), anyKey()];
      expect(await port.write(key, cursor, 0)).toBe("written");
      expect(await port.read(key)).toEqual({ ...cursor, n: 1 });
      const closed: Cursor = { sweptUntil: 3_000, queued: [] };
      expect(await port.write(key, closed, 1)).toBe("written");
      expect(await port.read(key)).toEqual({ ...closed, n: 2 });
    });

    test("another specifier of the same connection has a cursor of its own", async () => {
      const [port, key] = [await cursors(), anyKey()];
      await port.write(key, cursor, 0);
      expect(await port.read({ ...key, spec: "proj/web:env/*:flag/*" })).toBeUndefined();
    });

    test.each([
      ["a first write when there is a cursor", 0],
      ["a write that has missed another one", 1],
      ["a write of what was never read", 3],
    ])("%s changes nothing", async (_, n) => {
      const [port, key] = [await cursors(), anyKey()];
      await port.write(key, cursor, 0);
      await port.write(key, { ...cursor, sweptUntil: 1_500 }, 1);
      expect(await port.write(key, { ...cursor, sweptUntil: 9_000 }, n)).toBe("overtaken");
      expect(await port.read(key)).toMatchObject({ sweptUntil: 1_500, n: 2 });
    });

    test("of many runs that write at once exactly one is not overtaken", async () => {
      const [port, key] = [await cursors(), anyKey()];
      for (const n of [0, 1]) {
        const ends = await Promise.all(Array.from({ length: 8 }, () => port.write(key, cursor, n)));
        expect(ends.filter((end) => end === "written")).toHaveLength(1);
      }
    });

    test("of more entries than it remembers it keeps the newest", async () => {
      const [port, key] = [await cursors(), anyKey()];
      const queued = Array.from({ length: 2_000 }, (_, at) => ({ id: "x".repeat(600), at }));
      await port.write(key, { sweptUntil: 1, queued }, 0);
      const kept = (await port.read(key))?.queued ?? [];
      expect(kept.length).toBeGreaterThanOrEqual(500);
      expect(Math.max(...kept.map(({ at }) => at))).toBe(1_999);
      expect(Math.min(...kept.map(({ at }) => at))).toBe(2_000 - kept.length);
    });
  });
}
