import type { ReadTime } from "./time.ts";

export const SECONDS = 1_000;
export const MILLISECONDS = 1;
export type UnixTimeUnit = typeof SECONDS | typeof MILLISECONDS;

/**
 * Reads a Unix time, a whole number or its digits as a text, and returns Unix ms; `unitMs` is the length of its unit. Null
 * counts as absent. A time after the year 9999 is `invalid`, and so are milliseconds in place of seconds: otherwise they
 * would be a time in the far future that is silently corrected.
 */
export function readUnixTime(value: unknown, unitMs: UnixTimeUnit): ReadTime {
  if (value === undefined || value === null) return "absent";
  const count = typeof value === "string" && DIGITS.test(value) ? Number(value) : value;
  if (typeof count !== "number" || !Number.isInteger(count)) return "invalid";
  const ms = count * unitMs;
  return ms >= 0 && ms <= END_OF_9999_MS ? ms : "invalid";
}

const DIGITS = /^\d{1,15}$/;
export const END_OF_9999_MS = 253_402_300_799_999;
