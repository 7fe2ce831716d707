import { describe, expect, test } from "vitest";
import { visibilitySeconds } from "./retry-delay.ts";

const most = () => 0.999_999;
const least = () => 0;

describe("the next attempt of a message", () => {
  test.each([
    [1, 4],
    [2, 8],
    [5, 64],
    [9, 900],
    [60, 900],
    [1_000, 900],
  ])("at receive %i backs off by at most %i s", (receives, seconds) => {
    expect(visibilitySeconds({ kind: "backoff" }, { nowMs: 0, receives, random: most })).toBe(seconds);
    expect(visibilitySeconds({ kind: "backoff" }, { nowMs: 0, receives, random: least })).toBe(0);
  });

  test("is not before a limit resets or a stalled hold ends", () => {
    const delay = { kind: "backoff", notBeforeMs: 31_500 } as const;
    expect(visibilitySeconds(delay, { nowMs: 1_000, receives: 1, random: most })).toBe(31);
    expect(visibilitySeconds(delay, { nowMs: 1_000, receives: 9, random: most })).toBe(900);
  });

  test("of a busy segment is within two to five seconds", () => {
    expect(visibilitySeconds({ kind: "soon" }, { nowMs: 0, receives: 9, random: least })).toBe(2);
    expect(visibilitySeconds({ kind: "soon" }, { nowMs: 0, receives: 9, random: most })).toBe(5);
  });

  test("after a fault of configuration is in a quarter of an hour", () => {
    expect(visibilitySeconds({ kind: "configuration" }, { nowMs: 0, receives: 1, random: most })).toBe(900);
  });

  test("at a known time is spread over a second, and never negative or beyond what SQS takes", () => {
    expect(visibilitySeconds({ kind: "at", atMs: 40_000 }, { nowMs: 0, receives: 1, random: least })).toBe(
      40,
    );
    expect(visibilitySeconds({ kind: "at", atMs: 40_000 }, { nowMs: 0, receives: 1, random: most })).toBe(41);
    expect(visibilitySeconds({ kind: "at", atMs: 0 }, { nowMs: 90_000, receives: 1, random: least })).toBe(0);
    expect(visibilitySeconds({ kind: "at", atMs: 1e12 }, { nowMs: 0, receives: 1, random: least })).toBe(
      43_200,
    );
  });
});
