import { afterEach, describe, expect, test } from "vitest";
import { noteServerDate, serverNow } from "./server-clock.ts";
import { bytes, counted, duration, shortened, timeAndDay } from "./words.ts";

const NOON = Date.UTC(2026, 4, 3, 12);
const DAY_MS = 86_400_000;

afterEach(() => noteServerDate(new Date(NOON).toUTCString(), NOON));

describe("a browser whose clock is wrong", () => {
  test.each([-2 * DAY_MS, -5 * 3_600_000, 0, 5 * 3_600_000, 400 * DAY_MS])(
    "shows the day of what is not of the server's today (off by %i ms)",
    (offMs) => {
      const browserMs = NOON + offMs;
      noteServerDate(new Date(NOON).toUTCString(), browserMs);
      const shown = (ms: number) => timeAndDay(new Date(ms).toISOString(), serverNow(browserMs + 1_000));
      expect(shown(NOON - 60_000)).toMatch(/^\d\d:\d\d:\d\d$/);
      expect(shown(NOON - 2 * DAY_MS)).toMatch(/^1 May 2026, /);
    },
  );

  test("keeps what it knows when an answer has no date", () => {
    noteServerDate(new Date(NOON).toUTCString(), NOON - DAY_MS);
    noteServerDate(null, NOON);
    expect(serverNow(NOON - DAY_MS).getTime()).toBe(NOON);
  });
});

test("numbers are words that a person reads, however large", () => {
  expect([counted(1, "member"), counted(100_000, "member")]).toEqual(["1 member", "100,000 members"]);
  expect([duration(4), duration(240), duration(7_200), duration(432_000)]).toEqual([
    "4 s",
    "4 min",
    "2 h",
    "5 d",
  ]);
  expect([bytes(900), bytes(1_048_576)]).toEqual(["900 bytes", "1,049 KB"]);
});

test("a key of 4 KB is cut, and says how long it is", () => {
  const shown = shortened("k".repeat(4_096));
  expect(shown).toBe(`${"k".repeat(160)}… (4,096 characters)`);
});

test("a time that is none is a dash", () => {
  expect(timeAndDay("soon", new Date(NOON))).toBe("–");
});
