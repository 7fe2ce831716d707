import { describe, expect, test } from "vitest";
import { MILLISECONDS, readUnixTime, SECONDS, type UnixTimeUnit } from "./unix-time.ts";

describe("a Unix time", () => {
  test.each<[string, unknown, UnixTimeUnit, number]>([
    ["seconds as a text, as Amplitude sends them", "1692206763", SECONDS, 1_692_206_763_000],
    ["seconds as a number", 1_692_206_763, SECONDS, 1_692_206_763_000],
    ["milliseconds as a number, as mParticle sends them", 1_714_592_744_065, MILLISECONDS, 1_714_592_744_065],
    ["milliseconds as a text", "1714592744065", MILLISECONDS, 1_714_592_744_065],
    ["the beginning of the epoch", 0, SECONDS, 0],
    ["the last millisecond of 9999", 253_402_300_799_999, MILLISECONDS, 253_402_300_799_999],
  ])("may be %s", (_name, value, unit, ms) => expect(readUnixTime(value, unit)).toBe(ms));

  test.each([[undefined], [null]])("is absent when it is %s", (value) =>
    expect(readUnixTime(value, SECONDS)).toBe("absent"),
  );

  test.each([
    ["milliseconds where seconds are expected", "1692206763000"],
    ["before the epoch", -1],
    ["a fraction", 1.5],
    ["a text with a fraction", "1692206763.5"],
    ["an empty text", ""],
    ["a text with blanks", " 1692206763"],
    ["hexadecimal", "0x64dd"],
    ["a date", "2023-08-16T17:26:03Z"],
    ["true", true],
    ["a list", [1_692_206_763]],
    ["not finite", Number.POSITIVE_INFINITY],
  ])("is invalid when it is %s", (_name, value) => expect(readUnixTime(value, SECONDS)).toBe("invalid"));
});
