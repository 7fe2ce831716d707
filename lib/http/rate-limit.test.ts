import { describe, expect, test } from "vitest";
import {
  afterAnswer,
  closedUntil,
  LONGEST_CLOSED_MS,
  limitOf,
  noLimitSeen,
  noLimits,
  UNNAMED_LIMIT_MS,
} from "./rate-limit.ts";

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
    [
      "none left of the token closes until the token's own reset",
      204,
      { "x-ratelimit-auth-token-remaining": "0", "x-ratelimit-auth-token-reset": "1006000" },
      1_006_000,
    ],
    [
      "none left of the token and only the others' reset closes nothing",
      204,
      { "x-ratelimit-auth-token-remaining": "0", "x-ratelimit-reset": "1009000" },
      undefined,
    ],
    [
      "429 with only the token's reset closes until then",
      429,
      { "x-ratelimit-auth-token-reset": "1006000" },
      1_006_000,
    ],
    [
      "429 of the token does not wait for the others, which have requests left",
      429,
      {
        "x-ratelimit-global-remaining": "900",
        "x-ratelimit-route-remaining": "3",
        "x-ratelimit-reset": "1009000",
        "x-ratelimit-auth-token-remaining": "0",
        "x-ratelimit-auth-token-reset": "1002000",
      },
      1_002_000,
    ],
    [
      "429 of the route does not wait for the token, which has requests left",
      429,
      {
        "x-ratelimit-route-remaining": "0",
        "x-ratelimit-reset": "1002000",
        "x-ratelimit-auth-token-remaining": "5",
        "x-ratelimit-auth-token-reset": "1009000",
      },
      1_002_000,
    ],
    [
      "429 with a token that has requests left waits for the limit that does not say",
      429,
      {
        "x-ratelimit-reset": "1003000",
        "x-ratelimit-auth-token-remaining": "5",
        "x-ratelimit-auth-token-reset": "1009000",
      },
      1_003_000,
    ],
    [
      "429 although every limit has requests left waits for the latest",
      429,
      {
        "x-ratelimit-global-remaining": "1",
        "x-ratelimit-route-remaining": "1",
        "x-ratelimit-reset": "1003000",
        "x-ratelimit-auth-token-remaining": "1",
        "x-ratelimit-auth-token-reset": "1004000",
      },
      1_004_000,
    ],
    [
      "429 with Retry-After does not wait for limits that have requests left",
      429,
      {
        "retry-after": "2",
        "x-ratelimit-global-remaining": "900",
        "x-ratelimit-route-remaining": "3",
        "x-ratelimit-reset": "1009000",
      },
      1_002_000,
    ],
    [
      "429 with the token's reset in the past closes for a window",
      429,
      { "x-ratelimit-auth-token-remaining": "0", "x-ratelimit-auth-token-reset": "999000" },
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

describe("a limit that one request has used up", () => {
  const used = { "x-ratelimit-reset": "1009000", "x-ratelimit-auth-token-reset": "1006000" };
  const account = "https://app.launchdarkly.com";
  const request = { account, secret: "production", route: "POST /api/v2/segment-targets", token: "api-1" };

  /** Whether another request waits after an answer to the first one. */
  const closes = (headers: Record<string, string>, other: Partial<typeof request>): boolean => {
    const limits = noLimits();
    const store = limitOf(limits, request);
    store.set(
      afterAnswer(store.get(request), { status: 204, headers: { ...used, ...headers }, nowMs }),
      request,
    );
    const second = { ...request, ...other };
    return closedUntil(limitOf(limits, second).get(second), nowMs) !== undefined;
  };

  test.each<[string, string, Partial<typeof request>, boolean]>([
    ["global", "of the account stops another token's", { token: "api-2", secret: "test" }, true],
    ["global", "of the account stops another route's", { route: "GET /api/v2/auditlog" }, true],
    ["global", "of the account stops no other host's", { account: "https://app.eu.launchdarkly.com" }, false],
    ["route", "of the route stops another token's", { token: "api-2", secret: "test" }, true],
    ["route", "of the route stops no other route's", { route: "GET /api/v2/auditlog" }, false],
    ["route", "of the route stops no other host's", { account: "https://app.eu.launchdarkly.com" }, false],
    ["auth-token", "of the token stops another route's", { route: "GET /api/v2/auditlog" }, true],
    ["auth-token", "of the token stops that of another secret with it", { secret: "test" }, true],
    ["auth-token", "of the token stops no other token's of the same host", { token: "api-2" }, false],
  ])("%s: %s", (family, _, other, isClosed) => {
    expect(closes({ [`x-ratelimit-${family}-remaining`]: "0" }, other)).toBe(isClosed);
  });

  test("is known by the secret before its token has been read again", () => {
    const limits = noLimits();
    const ofToken = { accountUntilMs: 0, routeUntilMs: 0, tokenUntilMs: 1_006_000 };
    limitOf(limits, request).set(ofToken, request);
    expect(closedUntil(limitOf(limits, { account, secret: "production" }).get(), nowMs)).toBe(1_006_000);
    expect(closedUntil(limitOf(limits, { account, secret: "test" }).get(), nowMs)).toBeUndefined();
  });

  test("leaves no token in what is kept", () => {
    const limits = noLimits();
    limitOf(limits, request).set({ ...noLimitSeen, tokenUntilMs: 1_006_000 }, request);
    expect(JSON.stringify([[...limits.untilMs], [...limits.tokens]])).not.toContain("api-1");
  });
});
