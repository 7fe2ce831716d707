import { describe, expect, test } from "vitest";
import { afterAnswer, closedUntil, noLimitSeen } from "../../lib/http/rate-limit.ts";
import { createRateLimits, type LimitsPerWindow } from "./rate-limits.ts";
import type { SandboxAnswer, SandboxRequest } from "./route.ts";

const startMs = 1_800_000_003_000;
const windowEndMs = 1_800_000_010_000;

/** Asks a route with a token and says the status and the limits' headers. */
function limited(perWindow: Partial<LimitsPerWindow>) {
  let nowMs = startMs;
  const generous = { account: 100, route: 100, token: 100 };
  const limits = createRateLimits({ perWindow: { ...generous, ...perWindow }, now: () => nowMs });
  const ask = (route = "GET /a", authorization = "api-1") => {
    const request: SandboxRequest = {
      parameters: {},
      query: new URLSearchParams(),
      headers: { authorization },
      body: "",
      bytes: Buffer.of(),
    };
    const answer: SandboxAnswer = limits.counted(route, () => ({ kind: "empty", status: 204 }))(request);
    if (answer.kind === "reset") throw new Error("no limit resets a connection");
    return { status: answer.status, headers: answer.headers ?? {} };
  };
  return { ask, at: (ms: number) => (nowMs = ms) };
}

describe("the sandbox's rate limits", () => {
  test("say in every answer what is left of all three, and when it begins again", () => {
    const { ask } = limited({});
    ask("GET /b", "api-2");
    expect(ask()).toEqual({
      status: 204,
      headers: {
        "X-Ratelimit-Global-Limit": "100",
        "X-Ratelimit-Global-Remaining": "98",
        "X-Ratelimit-Route-Limit": "100",
        "X-Ratelimit-Route-Remaining": "99",
        "X-Ratelimit-Reset": String(windowEndMs),
        "X-Ratelimit-Auth-Token-Limit": "100",
        "X-Ratelimit-Auth-Token-Remaining": "99",
        "X-Ratelimit-Auth-Token-Reset": String(startMs + 10_000),
      },
    });
  });

  test.each<[keyof LimitsPerWindow, string, string, number]>([
    ["account", "GET /b", "api-2", 429],
    ["route", "GET /a", "api-2", 429],
    ["route", "GET /b", "api-1", 204],
    ["token", "GET /b", "api-1", 429],
    ["token", "GET /a", "api-2", 204],
  ])("of one request by %s, asked again for %s with %s, answer %i", (limit, route, token, status) => {
    const { ask } = limited({ [limit]: 1 });
    expect(ask("GET /a", "api-1").status).toBe(204);
    expect(ask(route, token).status).toBe(status);
  });

  test("let requests through again when the window has ended", () => {
    const { ask, at } = limited({ token: 1 });
    ask();
    at(startMs + 9_999);
    expect(ask().status).toBe(429);
    at(startMs + 10_000);
    expect(ask().status).toBe(204);
  });

  test("are read by Flagbridge: the token's limit closes until the token's reset", () => {
    const { ask } = limited({ token: 1 });
    const headers = Object.entries(ask().headers).map(([name, value]) => [name.toLowerCase(), value]);
    const answer = { status: 204, headers: Object.fromEntries(headers), nowMs: startMs };
    expect(closedUntil(afterAnswer(noLimitSeen, answer), startMs)).toBe(startMs + 10_000);
  });
});
