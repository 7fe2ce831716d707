import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockAheadMs, parseTimestamp, readTime, settleTime } from "./time.ts";

describe("a timestamp", () => {
  test("of any instant and offset is read to the millisecond", () => {
    const minutes = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-02"), max: new Date("9998-12-30"), noInvalidDate: true }),
        minutes,
        (date, offset) => {
          const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
          const hours = String(Math.trunc(Math.abs(offset) / 60)).padStart(2, "0");
          const rest = String(Math.abs(offset) % 60).padStart(2, "0");
          expect(parseTimestamp(`${local}${offset < 0 ? "-" : "+"}${hours}:${rest}`)).toBe(date.getTime());
        },
      ),
    );
  });

  test("that is read at all is read as Date.parse reads it", () => {
    const part = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, "0"));
    const text = fc
      .tuple(
        fc.integer({ min: 1900, max: 2100 }),
        part,
        part,
        part,
        part,
        part,
        fc.constantFrom("Z", ".5Z", ".123456789Z", "+02:00", "-03"),
      )
      .map(
        ([year, month, day, hour, minute, second, end]) =>
          `${year}-${month}-${day}T${hour}:${minute}:${second}${end}`,
      );
    fc.assert(
      fc.property(text, (value) => {
        const read = parseTimestamp(value);
        if (read !== undefined) expect(read).toBe(Date.parse(value.replace(/([+-]\d\d)$/, "$1:00")));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["nanoseconds", "2024-05-03T19:42:50.066179717Z", "2024-05-03T19:42:50.066Z"],
    ["tenths", "2024-05-03T19:42:50.5Z", "2024-05-03T19:42:50.500Z"],
    ["a comma", "2024-05-03T19:42:50,25Z", "2024-05-03T19:42:50.250Z"],
    ["no seconds", "2024-05-03T19:42Z", "2024-05-03T19:42:00.000Z"],
    ["no seconds and an offset", "2024-05-03T19:42+02:00", "2024-05-03T17:42:00.000Z"],
    ["an offset without colon", "2024-05-03T19:42:50-0330", "2024-05-03T23:12:50.000Z"],
    ["an offset of hours", "2024-05-03T19:42:50+02", "2024-05-03T17:42:50.000Z"],
    ["lower case", "2024-05-03t19:42:50z", "2024-05-03T19:42:50.000Z"],
    ["a leap day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["the first year", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ])("with %s is read", (_name, text, expected) => {
    expect(parseTimestamp(text)).toBe(Date.parse(expected));
  });

  test.each([
    ["a date alone", "2024-05-03"],
    ["no offset", "2024-05-03T19:42:50"],
    ["a blank for the T", "2024-05-03 19:42:50Z"],
    ["a day that is not", "2023-02-29T00:00:00Z"],
    ["a month that is not", "2024-13-01T00:00:00Z"],
    ["hour 24", "2024-05-03T24:00:00Z"],
    ["second 60", "2024-05-03T23:59:60Z"],
    ["an offset that is not", "2024-05-03T19:42:50+24:00"],
    ["something behind it", "2024-05-03T19:42:50Z\n"],
    ["something before it", " 2024-05-03T19:42:50Z"],
    ["digits of another script", "٢٠٢٤-05-03T19:42:50Z"],
    ["an empty text", ""],
  ])("with %s is refused", (_name, text) => {
    expect(readTime(text)).toBe("invalid");
  });

  test.each([[undefined], [null]])("that is %s is absent", (value) => {
    expect(readTime(value)).toBe("absent");
  });

  test.each([[1_714_765_370_066], [true], [{}], [[]]])("that is %s is refused", (value) => {
    expect(readTime(value)).toBe("invalid");
  });
});

describe("the time that orders an event", () => {
  const receivedAtMs = Date.parse("2026-05-03T12:00:00Z");

  test.each([
    ["in the past stands", -3_600_000, 0, -3_600_000],
    ["in the past stands whatever the clock", -3_600_000, 500_000, -3_600_000],
    ["60 s ahead stands", 60_000, 600_000, 60_000],
    ["further ahead is moved back by the clock", 3_600_000, 3_605_000, -5_000],
    ["further ahead that the clock explains to the minute", 3_600_000, 3_540_000, 60_000],
    ["further ahead than the clock explains is the receipt", 3_600_000, 3_539_999, 0],
    ["further ahead without a clock is the receipt", 60_001, 0, 0],
  ])("%s", (_name, at, ahead, expected) => {
    expect(settleTime(receivedAtMs + at, receivedAtMs, ahead) - receivedAtMs).toBe(expected);
  });

  test("is never more than a minute ahead of the receipt", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(), (atMs, aheadMs) => {
        expect(settleTime(atMs, receivedAtMs, aheadMs)).toBeLessThanOrEqual(receivedAtMs + 60_000);
      }),
    );
  });

  test.each([
    ["ahead", "2026-05-03T12:00:05Z", 5_000],
    ["in the past", "2026-05-03T11:00:00Z", 0],
    ["absent", null, 0],
    ["unreadable", "now", 0],
  ])("knows a sentAt %s", (_name, sentAt, expected) => {
    expect(clockAheadMs(sentAt, receivedAtMs)).toBe(expected);
  });
});
