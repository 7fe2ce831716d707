import { headerOf, refusal, type SandboxAnswer, type SandboxRequest } from "./route.ts";

/** Requests in ten seconds. LaunchDarkly publishes no numbers; these are out of the way until a test lowers them. */
export type LimitsPerWindow = { readonly account: number; readonly route: number; readonly token: number };

const WINDOW_MS = 10_000;
const GENEROUS: LimitsPerWindow = { account: 100_000, route: 50_000, token: 50_000 };

export type RateLimits = {
  /** A way to answer requests of a route as long as a limit allows, with the headers of all three limits. */
  readonly counted: (
    route: string,
    apply: (request: SandboxRequest) => SandboxAnswer,
  ) => (request: SandboxRequest) => SandboxAnswer;
};

type Window = { endMs: number; taken: number };

/**
 * LaunchDarkly's three limits: of the account and of a route, whose windows end together, and of each access token, whose
 * window begins with its first request. What is refused counts as well.
 * https://launchdarkly.com/docs/api#rate-limiting
 */
export function createRateLimits({
  perWindow = GENEROUS,
  now = Date.now,
}: {
  readonly perWindow?: LimitsPerWindow;
  readonly now?: () => number;
} = {}): RateLimits {
  const shared = new Map<string, Window>();
  const ofTokens = new Map<string, Window>();
  const taken = (windows: Map<string, Window>, name: string, endMs: number, nowMs: number): Window => {
    // Nobody asks for a window that has ended: names that somebody makes up do not pile up.
    for (const [known, { endMs: endedMs }] of windows) if (endedMs <= nowMs) windows.delete(known);
    const window = windows.get(name) ?? { endMs, taken: 0 };
    window.taken += 1;
    windows.set(name, window);
    return window;
  };
  const count = (route: string, token: string) => {
    const nowMs = now();
    const sharedEndMs = (Math.floor(nowMs / WINDOW_MS) + 1) * WINDOW_MS;
    return [
      { family: "Global", limit: perWindow.account, ...taken(shared, "", sharedEndMs, nowMs) },
      { family: "Route", limit: perWindow.route, ...taken(shared, route, sharedEndMs, nowMs) },
      {
        family: "Auth-Token",
        limit: perWindow.token,
        ...taken(ofTokens, token, nowMs + WINDOW_MS, nowMs),
      },
    ] as const;
  };
  return {
    counted: (route, apply) => (request) => {
      const counts = count(route, headerOf(request, "authorization") ?? "");
      const isRefused = counts.some(({ taken: requests, limit }) => requests > limit);
      const answer = isRefused ? tooMany : apply(request);
      if (answer.kind === "reset") return answer;
      const [global, , token] = counts;
      const headers: Record<string, string> = {
        "X-Ratelimit-Reset": String(global.endMs),
        "X-Ratelimit-Auth-Token-Reset": String(token.endMs),
      };
      for (const { family, limit, taken: requests } of counts) {
        headers[`X-Ratelimit-${family}-Limit`] = String(limit);
        headers[`X-Ratelimit-${family}-Remaining`] = String(Math.max(0, limit - requests));
      }
      return { ...answer, headers: { ...answer.headers, ...headers } };
    },
  };
}

const tooMany = refusal(429, "rate_limited", "You've exceeded the API rate limit. Try again later.");
