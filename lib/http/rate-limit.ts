import { hash } from "node:crypto";

/**
 * When a request may start by each of the limits that it is counted under, Unix ms: `account` is what all requests to a
 * host share, `route` what those of one route share, whoever sends them, and `token` what one access token may send.
 * Processes share limits without knowing of each other and may each overshoot by one request; LaunchDarkly answers that
 * with 429, which changes nothing.
 * https://launchdarkly.com/docs/api#rate-limiting
 */
export type RateLimit = {
  readonly accountUntilMs: number;
  readonly routeUntilMs: number;
  readonly tokenUntilMs: number;
};

export const noLimitSeen: RateLimit = { accountUntilMs: 0, routeUntilMs: 0, tokenUntilMs: 0 };

/** The limits that a process has seen. One for its whole life. */
export type RateLimits = {
  readonly untilMs: Map<string, number>;
  /** The identity of the token that each secret held when it was last used, by the name of the secret. */
  readonly tokens: Map<string, string>;
};

export function noLimits(): RateLimits {
  return { untilMs: new Map(), tokens: new Map() };
}

/** What a request is counted under besides its account. Without a token: the one that its secret held last. */
export type CountedRequest = { readonly route?: string | undefined; readonly token?: string | undefined };

/** Reads and stores the limits of one sender's requests. */
export type LimitStore = {
  readonly get: (request?: CountedRequest) => RateLimit;
  readonly set: (limit: RateLimit, request?: CountedRequest) => void;
};

/**
 * The limits of one sender's requests among those of the process. `account` is where they go: two accounts of one host
 * cannot be told apart by their tokens, and share its limits here. `secret` names what holds the token.
 */
export function limitOf(
  limits: RateLimits,
  { account, secret }: { readonly account: string; readonly secret?: string },
): LimitStore {
  const tokenOf = (token: string | undefined): string | undefined => {
    if (token === undefined) return secret === undefined ? undefined : limits.tokens.get(secret);
    const identity = identityOf(token);
    if (secret !== undefined) limits.tokens.set(secret, identity);
    return identity;
  };
  const keysOf = ({ route, token }: CountedRequest) => {
    const identity = tokenOf(token);
    return {
      account: `account ${account}`,
      // If the token is unknown, the limit applies to all senders: a limit that was seen has to stop somebody.
      route: route === undefined ? `account ${account}` : `route ${account} ${route}`,
      token: identity === undefined ? `account ${account}` : `token ${identity}`,
    };
  };
  const at = (key: string): number => limits.untilMs.get(key) ?? 0;
  const close = (key: string, untilMs: number): void =>
    void limits.untilMs.set(key, Math.max(at(key), untilMs));
  return {
    get: (request = {}) => {
      const keys = keysOf(request);
      return { accountUntilMs: at(keys.account), routeUntilMs: at(keys.route), tokenUntilMs: at(keys.token) };
    },
    set: ({ accountUntilMs, routeUntilMs, tokenUntilMs }, request = {}) => {
      const keys = keysOf(request);
      close(keys.account, accountUntilMs);
      close(keys.route, routeUntilMs);
      close(keys.token, tokenUntilMs);
    },
  };
}

/** A 429 that names no time: LaunchDarkly's windows are 10 s. */
export const UNNAMED_LIMIT_MS = 10_000;
/** The longest time that a header is believed: a wrong clock at the destination must not stop a sender for days. */
export const LONGEST_CLOSED_MS = 900_000;

export type LimitHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The limits after an answer. Any of the headers may be absent. Header names are lower-case, as `node:http` gives them.
 *
 * | header | limits | its end |
 * |---|---|---|
 * | `X-Ratelimit-Global-Remaining` | account | `X-Ratelimit-Reset`, Unix ms |
 * | `X-Ratelimit-Route-Remaining` | route | the same |
 * | `X-Ratelimit-Auth-Token-Remaining` | token | `X-Ratelimit-Auth-Token-Reset`, Unix ms |
 * | `Retry-After` | account, because LaunchDarkly sends it for a limit by IP address | seconds, or a date |
 */
export function afterAnswer(
  before: RateLimit,
  answer: { readonly status: number; readonly headers: LimitHeaders; readonly nowMs: number },
): RateLimit {
  const { status, headers, nowMs } = answer;
  const families = familiesOf(headers).filter(({ resetMs = 0 }) => resetMs > nowMs);
  const closing = families.filter(({ remaining }) => remaining === 0);
  const retryAfterMs = delayMs(headers["retry-after"], nowMs);
  const blamed = status === 429 && closing.length === 0 ? blamedFor429(families, retryAfterMs) : closing;
  const accountEnds = retryAfterMs === undefined ? [] : [nowMs + retryAfterMs];
  if (status === 429 && blamed.length === 0 && retryAfterMs === undefined)
    accountEnds.push(nowMs + UNNAMED_LIMIT_MS);
  const until = (limit: Family["limit"], ...ends: readonly number[]): number => {
    const resets = blamed.flatMap((family) => (family.limit === limit ? (family.resetMs ?? []) : []));
    return Math.min(Math.max(before[limit], ...ends, ...resets), nowMs + LONGEST_CLOSED_MS);
  };
  return {
    accountUntilMs: until("accountUntilMs", ...accountEnds),
    routeUntilMs: until("routeUntilMs"),
    tokenUntilMs: until("tokenUntilMs"),
  };
}

/** When the next request may start; undefined means now. */
export function closedUntil(
  { accountUntilMs, routeUntilMs, tokenUntilMs }: RateLimit,
  nowMs: number,
): number | undefined {
  const untilMs = Math.max(accountUntilMs, routeUntilMs, tokenUntilMs);
  return untilMs > nowMs ? untilMs : undefined;
}

/** One limit as an answer describes it. */
type Family = {
  readonly limit: keyof RateLimit;
  readonly remaining: number | undefined;
  readonly resetMs: number | undefined;
};

function familiesOf(headers: LimitHeaders): readonly Family[] {
  const number = (name: string) => wholeNumber(headers[`x-ratelimit-${name}`]);
  const resetMs = number("reset");
  return [
    { limit: "accountUntilMs", remaining: number("global-remaining"), resetMs },
    { limit: "routeUntilMs", remaining: number("route-remaining"), resetMs },
    {
      limit: "tokenUntilMs",
      remaining: number("auth-token-remaining"),
      resetMs: number("auth-token-reset"),
    },
  ];
}

/**
 * Of the limits with an end to come, those that may be why a request was refused, when none says that it is used up:
 * those that do not say how much is left. If all of them say that some is left, another request has come in between,
 * and any may be; unless `Retry-After` names the one that it was.
 */
function blamedFor429(families: readonly Family[], retryAfterMs: number | undefined): readonly Family[] {
  const silent = families.filter(({ remaining }) => remaining === undefined);
  return silent.length > 0 || retryAfterMs !== undefined ? silent : families;
}

/** Distinguishes tokens without storing one: a map of limits may end up in a log or a dump. */
export function identityOf(token: string): string {
  return hash("sha256", token).slice(0, 32);
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
