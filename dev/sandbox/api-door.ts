import type { Door, Faults } from "./faults.ts";
import { createRateLimits, type RateLimits } from "./rate-limits.ts";
import { headerOf, refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import { withFault } from "./with-fault.ts";

/** What every route of LaunchDarkly's REST API needs. */
export type ApiDoorConfig = {
  /** The access tokens of the secrets file as it is now. */
  readonly accessTokens: () => ReadonlySet<string>;
  readonly faults: Faults;
  /** Shared by all routes of one account; without it, the routes that are opened together have limits of their own. */
  readonly limits?: RateLimits;
};

/** One route of the REST API, its path behind `/sandbox/launchdarkly`. */
export type ApiRoute = {
  readonly method: string;
  readonly path: string;
  readonly apply: (request: SandboxRequest) => SandboxAnswer;
};

/**
 * Opens routes of LaunchDarkly's REST API: behind the faults of a door, within the rate limits, for known tokens alone. A
 * fault comes first, and is answered as it was ordered: without the headers of the limits.
 */
export function apiDoor(
  on: Door,
  { accessTokens, faults, limits = createRateLimits() }: ApiDoorConfig,
): (route: ApiRoute) => SandboxRoute {
  return ({ method, path, apply }) => ({
    method,
    path: `/sandbox/launchdarkly${path}`,
    answer: withFault(
      faults,
      on,
      limits.counted(`${method} ${path}`, (request) =>
        accessTokens().has(headerOf(request, "authorization") ?? "")
          ? apply(request)
          : refusal(401, "unauthorized", "Invalid access token"),
      ),
    ),
  });
}

export const notFound = refusal(404, "not_found", "Invalid resource identifier");

/** A link as LaunchDarkly's representations have them. */
export function link(
  href: string,
  type = "application/json",
): { readonly href: string; readonly type: string } {
  return { href, type };
}
