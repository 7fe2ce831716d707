/**
 * What the headers that this process has seen say about starting another request. Pure: the sender keeps the
 * state, one per host and token. Several processes share a limit without knowing of each other and may each
 * overshoot by one request; LaunchDarkly answers that with 429, which changes nothing.
 *
 * `X-Ratelimit-Global-Remaining`, `X-Ratelimit-Route-Remaining`: requests left in the window.
 * `X-Ratelimit-Reset`: end of the window, Unix **ms**. `Retry-After`: seconds or a date. Any of them may be absent.
 * https://launchdarkly.com/docs/api#rate-limiting
 */
export type RateLimit = { readonly closedUntilMs: number };

export const noLimitSeen: RateLimit = { closedUntilMs: 0 };

/** The limits that a process has seen, by what the destination counts them under. */
export type RateLimits = Map<string, RateLimit>;

/** Where a sender reads and keeps its own limit. */
export type LimitStore = { readonly get: () => RateLimit; readonly set: (limit: RateLimit) => void };

/** The limit of one key among those of the process. */
export function limitOf(limits: RateLimits, key: string): LimitStore {
  return { get: () => limits.get(key) ?? noLimitSeen, set: (limit) => void limits.set(key, limit) };
}

/** A 429 that names no time: LaunchDarkly's windows are 10 s. */
export const UNNAMED_LIMIT_MS = 10_000;
/** A header that asks for more is believed this far: a wrong clock at the other end must not stop a sender for days. */
export const LONGEST_CLOSED_MS = 900_000;

export type LimitHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The state after an answer. Header names are lower-case, as `node:http` gives them. */
export function afterAnswer(
  before: RateLimit,
  answer: { readonly status: number; readonly headers: LimitHeaders; readonly nowMs: number },
): RateLimit {
  const { status, headers, nowMs } = answer;
  const retryAfterMs = delayMs(headers["retry-after"], nowMs);
  const resetMs = wholeNumber(headers["x-ratelimit-reset"]);
  const exhausted =
    wholeNumber(headers["x-ratelimit-global-remaining"]) === 0 ||
    wholeNumber(headers["x-ratelimit-route-remaining"]) === 0;
  const ends: number[] = [before.closedUntilMs];
  if (retryAfterMs !== undefined) ends.push(nowMs + retryAfterMs);
  // A reset in the past says only that a new window has begun.
  if ((exhausted || status === 429) && resetMs !== undefined) ends.push(resetMs);
  if (status === 429 && retryAfterMs === undefined && !(resetMs !== undefined && resetMs > nowMs)) {
    ends.push(nowMs + UNNAMED_LIMIT_MS);
  }
  return { closedUntilMs: Math.min(Math.max(...ends), nowMs + LONGEST_CLOSED_MS) };
}

/** `undefined` when a request may start now, else the time from which on it may. */
export function closedUntil(limit: RateLimit, nowMs: number): number | undefined {
  return limit.closedUntilMs > nowMs ? limit.closedUntilMs : undefined;
}

/** Seconds, or a date that a proxy may write. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function delayMs(value: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const seconds = wholeNumber(value);
  if (seconds !== undefined) return seconds * 1_000;
  const atMs = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return atMs > nowMs ? atMs - nowMs : undefined;
}

function wholeNumber(value: string | readonly string[] | undefined): number | undefined {
  const text = typeof value === "string" ? value : value?.[0];
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}
