import { describe, expect, test } from "vitest";
import { afterAnswer, closedUntil, LONGEST_CLOSED_MS, noLimitSeen, UNNAMED_LIMIT_MS } from "./rate-limit.ts";

const nowMs = 1_000_000;
const closedAfter = (status: number, headers: Record<string, string>) =>
  closedUntil(afterAnswer(noLimitSeen, { status, headers, nowMs }), nowMs);

describe("what the headers say about the next request", () => {
  test.each<[string, number, Record<string, string>, number | undefined]>([
    ["no headers close nothing", 204, {}, undefined],
    [
      "requests left close nothing",
      204,
      { "x-ratelimit-global-remaining": "3", "x-ratelimit-reset": "1009000" },
      undefined,
    ],
    [
      "none left in the account closes until the reset",
      204,
      { "x-ratelimit-global-remaining": "0", "x-ratelimit-reset": "1009000" },
      1_009_000,
    ],
    [
      "none left on the route closes until the reset",
      204,
      { "x-ratelimit-route-remaining": "0", "x-ratelimit-reset": "1009000" },
      1_009_000,
    ],
    [
      "none left and a reset in the past closes nothing",
      204,
      { "x-ratelimit-global-remaining": "0", "x-ratelimit-reset": "999000" },
      undefined,
    ],
    ["429 with a reset closes until then", 429, { "x-ratelimit-reset": "1004000" }, 1_004_000],
    ["429 with Retry-After closes for so many seconds", 429, { "retry-after": "7" }, 1_007_000],
    [
      "429 with both closes until the later",
      429,
      { "retry-after": "2", "x-ratelimit-reset": "1004000" },
      1_004_000,
    ],
    ["429 with neither closes for a window", 429, {}, nowMs + UNNAMED_LIMIT_MS],
    [
      "429 with a reset in the past closes for a window",
      429,
      { "x-ratelimit-reset": "900000" },
      nowMs + UNNAMED_LIMIT_MS,
    ],
    [
      "429 with a date in Retry-After closes until then",
      429,
      { "retry-after": "Thu, 01 Jan 1970 00:17:00 GMT" },
      1_020_000,
    ],
    [
      "429 with a date in the past closes as one without",
      429,
      { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" },
      nowMs + UNNAMED_LIMIT_MS,
    ],
    ["503 with Retry-After is obeyed too", 503, { "retry-after": "3" }, 1_003_000],
    [
      "what is no number says nothing",
      429,
      { "retry-after": "soon", "x-ratelimit-reset": "-1" },
      nowMs + UNNAMED_LIMIT_MS,
    ],
    [
      "an absurd time is believed for a quarter of an hour",
      429,
      { "retry-after": "99999999" },
      nowMs + LONGEST_CLOSED_MS,
    ],
  ])("%s", (_, status, headers, expected) => {
    expect(closedAfter(status, headers)).toBe(expected);
  });

  test("a later answer does not open what an earlier one closed", () => {
    const closed = afterAnswer(noLimitSeen, { status: 429, headers: { "retry-after": "9" }, nowMs });
    const after = afterAnswer(closed, { status: 204, headers: {}, nowMs: nowMs + 1 });
    expect(closedUntil(after, nowMs + 1)).toBe(nowMs + 9_000);
    expect(closedUntil(after, nowMs + 9_000)).toBeUndefined();
  });
});
