import type { ReadTime } from "./time.ts";

export const SECONDS = 1_000;
export const MILLISECONDS = 1;
export type UnixTimeUnit = typeof SECONDS | typeof MILLISECONDS;

/**
 * A Unix time, as a whole number or its digits as a text, in Unix ms; `unitMs` is how long its unit is. Null is as good
 * as absent. A time after the year 9999 is `invalid`: so are milliseconds where seconds are expected, which would
 * otherwise be a time in the future that nobody sees corrected.
 */
export function readUnixTime(value: unknown, unitMs: UnixTimeUnit): ReadTime {
  if (value === undefined || value === null) return "absent";
  const count = typeof value === "string" && DIGITS.test(value) ? Number(value) : value;
  if (typeof count !== "number" || !Number.isInteger(count)) return "invalid";
  const ms = count * unitMs;
  return ms >= 0 && ms <= END_OF_9999_MS ? ms : "invalid";
}

const DIGITS = /^\d{1,15}$/;
const END_OF_9999_MS = 253_402_300_799_999;
