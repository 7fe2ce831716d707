import { describe, expect, test } from "vitest";
import { type LiveMessage, openLive } from "./live.ts";

/** Time that passes when the test says so. */
function clockwork() {
  const waiting = new Set<() => void>();
  return {
    after: (_: number, work: () => void) => {
      waiting.add(work);
      return () => void waiting.delete(work);
    },
    waits: () => waiting.size,
    pass: async () => {
      for (const work of [...waiting]) {
        waiting.delete(work);
        work();
      }
      await settled();
    },
  };
}
const settled = () => new Promise((wake) => setImmediate(wake));

function live(read: () => unknown) {
  const clock = clockwork();
  let reads = 0;
  const opened = openLive({
    parts: [
      {
        part: "flow",
        everyMs: () => 1_000,
        read: async () => {
          reads += 1;
          return read();
        },
      },
    ],
    describe: (error) => (error instanceof Error ? error.message : ""),
    after: clock.after,
  });
  return { ...opened, clock, reads: () => reads };
}

describe("a part", () => {
  test("is read while somebody looks, once for all who do, and not when nobody does", async () => {
    const { join, clock, reads } = live(() => "same");
    await settled();
    expect(reads()).toBe(0);
    const leaves = [join(() => {}), join(() => {})];
    await settled();
    expect(reads()).toBe(1);
    await clock.pass();
    expect(reads()).toBe(2);
    for (const leave of leaves) leave();
    expect(clock.waits()).toBe(0);
  });

  test("is told when it is another, to those who come late at once, and again when it cannot be read", async () => {
    const values: unknown[] = [1, 1, undefined, new Error("no right"), 2];
    const told: LiveMessage[] = [];
    const { join, clock } = live(() => {
      const value = values.shift();
      if (value instanceof Error) throw value;
      return value;
    });
    join((messages) => told.push(...messages));
    await settled();
    for (const _ of values.slice()) await clock.pass();
    expect(told).toEqual([
      { part: "flow", value: 1 },
      { part: "flow", problem: "no right" },
      { part: "flow", value: 2 },
    ]);
    const late: LiveMessage[] = [];
    join((messages) => late.push(...messages));
    expect(late).toEqual([{ part: "flow", value: 2 }]);
  });

  test("is read at once when somebody has changed it, also while it is being read", async () => {
    const { join, refresh, reads, clock } = live(() => "same");
    join(() => {});
    refresh("flow");
    refresh("flow");
    await settled();
    expect(reads()).toBe(2);
    expect(clock.waits()).toBe(1);
  });
});
