/**
 * How far ahead of the receipt an event time may be without correction. Clocks differ, and an event that is a minute ahead
 * wins against later events for a minute at most.
 */
const TOLERATED_AHEAD_MS = 60_000;

/** Reads a vendor's time: Unix ms, or why there is none. Null counts as absent; anything else is `invalid`. */
export type ReadTime = number | "absent" | "invalid";

export const TIME_EXPECTED =
  "expected an ISO 8601 date and time with Z or an offset, for example 2026-05-03T19:42:50.066Z";

export function readTime(value: unknown): ReadTime {
  if (value === undefined || value === null) return "absent";
  if (typeof value !== "string") return "invalid";
  return parseTimestamp(value) ?? "invalid";
}

/**
 * Returns how far a sender's clock is ahead, from the time at which it says it sent the request; otherwise 0. A `sentAt` in
 * the past means a delay or a repetition, and an unreadable one says nothing.
 */
export function clockAheadMs(sentAt: unknown, receivedAtMs: number): number {
  const sentAtMs = readTime(sentAt);
  return typeof sentAtMs === "number" ? Math.max(0, sentAtMs - receivedAtMs) : 0;
}

/**
 * Returns the time that orders an event. A time more than a minute ahead of the receipt is moved back by the sender's known
 * clock error, or to the receipt if it is still ahead: otherwise the event would win against every later event until then.
 */
export function settleTime(atMs: number, receivedAtMs: number, aheadMs: number): number {
  const latestMs = receivedAtMs + TOLERATED_AHEAD_MS;
  if (atMs <= latestMs) return atMs;
  const correctedMs = atMs - aheadMs;
  return correctedMs <= latestMs ? correctedMs : receivedAtMs;
}

/**
 * Returns Unix ms for an ISO 8601 date and time; undefined for anything else. Digits beyond the millisecond are cut. The
 * offset is required, because a guessed one would reorder events by hours. `Date.parse` accepts too much: 30 February, local
 * time and "1".
 */
export function parseTimestamp(text: string): number | undefined {
  if (!TIMESTAMP_SHAPE.test(text)) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const hasSeconds = text.charCodeAt(16) === COLON;
  const second = hasSeconds ? digits(text, 17, 2) : 0;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetMs = offsetOf(text, hasSeconds ? 19 : 16);
  if (offsetMs === undefined) return undefined;
  // Date.UTC reads the years 0 to 99 as 1900 to 1999. The calendar repeats after 400 years.
  const cycle = year < 100 ? 1 : 0;
  const wholeMs =
    Date.UTC(year + cycle * 400, month - 1, day, hour, minute, second) - cycle * 146_097 * 86_400_000;
  return wholeMs + (hasSeconds ? milliseconds(text) : 0) - offsetMs;
}

/** The code below reads digits without checking them, because this shape has checked them all. */
export const TIMESTAMP_SHAPE =
  /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:[.,]\d{1,12})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/;
const COLON = 58;

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}

/** Reads the first three digits of the fraction of a second; fewer digits mean tenths or hundredths. */
function milliseconds(text: string): number {
  const mark = text.charAt(19);
  if (mark !== "." && mark !== ",") return 0;
  let value = 0;
  for (let place = 0; place < 3; place++) {
    const digit = text.charCodeAt(20 + place) - 48;
    if (!(digit >= 0 && digit <= 9)) return value * 10 ** (3 - place);
    value = value * 10 + digit;
  }
  return value;
}

/** Reads how far local time is ahead of UTC from `+02:00`, `+0200` or `+02` at the end; undefined without such an offset. */
function offsetOf(text: string, from: number): number | undefined {
  const at = Math.max(text.indexOf("+", from), text.indexOf("-", from));
  if (at < 0) return 0;
  const hours = digits(text, at + 1, 2);
  const minutes = text.length > at + 3 ? digits(text, text.length - 2, 2) : 0;
  if (hours > 23 || minutes > 59) return undefined;
  const ms = (hours * 60 + minutes) * 60_000;
  return text.charAt(at) === "-" ? -ms : ms;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
