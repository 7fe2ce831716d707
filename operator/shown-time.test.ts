import { expect, test } from "vitest";
import { shownTime } from "./shown-time.ts";

test.each([
  ["2026-05-03T12:00:00.123Z", "2026-05-03T12:00:00Z"],
  ["2026-05-03T12:00:00Z", "2026-05-03T12:00:00Z"],
  [1_777_809_600_123, "2026-05-03T12:00:00Z"],
  [Number.MAX_SAFE_INTEGER, "9007199254740991 ms"],
])("%s is shown as %s", (at, expected) => {
  expect(shownTime(at)).toBe(expected);
});
