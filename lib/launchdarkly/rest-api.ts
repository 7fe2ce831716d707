import type { LimitStore } from "../http/rate-limit.ts";
import type { HttpSession } from "../http/session.ts";

/**
 * Sent with every request: a token otherwise carries the version of the day it was made. The one before, 20220603, ends on
 * 2026-12-31. https://launchdarkly.com/docs/api#versioning
 */
export const API_VERSION = "20240415";

/** Where a LaunchDarkly instance is, and how it is called. */
export type ApiSettings = {
  /** Base URL of the REST API, without a slash at the end. */
  readonly api: string;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** What everything that calls the REST API needs. */
export type ApiPorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  /** `after`: the token that was refused; a newer one may have been put in its place. */
  readonly accessToken: (after?: string) => Promise<string>;
  /** What has been seen of the limits of this token, of the routes and of the account. */
  readonly limit: LimitStore;
};
