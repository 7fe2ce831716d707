import type { AccountSettings, Right } from "./account-settings.ts";
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
  /** Without it, nothing stands in the way. */
  readonly settings?: AccountSettings;
};

/** One route of the REST API, its path behind `/sandbox/launchdarkly`. */
export type ApiRoute = {
  readonly method: string;
  readonly path: string;
  /** What a token needs beside being known; absent when nothing. */
  readonly right?: Right;
  readonly apply: (request: SandboxRequest) => SandboxAnswer;
};

/**
 * Opens routes of LaunchDarkly's REST API: behind the faults of a door, within the rate limits, for known tokens alone. A
 * fault comes first, and is answered as it was ordered: without the headers of the limits.
 */
export function apiDoor(
  on: Door,
  { accessTokens, faults, limits = createRateLimits(), settings }: ApiDoorConfig,
): (route: ApiRoute) => SandboxRoute {
  const apply = ({ right, apply: allowed }: ApiRoute, request: SandboxRequest): SandboxAnswer => {
    if (!accessTokens().has(headerOf(request, "authorization") ?? ""))
      return refusal(401, "unauthorized", "Invalid access token");
    return right !== undefined && settings?.isDenied(right) ? forbidden : allowed(request);
  };
  return (route) => ({
    method: route.method,
    path: `/sandbox/launchdarkly${route.path}`,
    answer: withFault(
      faults,
      on,
      limits.counted(`${route.method} ${route.path}`, (request) => apply(route, request)),
    ),
  });
}

/** https://launchdarkly.com/docs/api#errors */
export const forbidden = refusal(403, "forbidden", "Forbidden. Access to the requested resource was denied.");

export const notFound = refusal(404, "not_found", "Invalid resource identifier");

/** A link as LaunchDarkly's representations have them. */
export function link(
  href: string,
  type = "application/json",
): { readonly href: string; readonly type: string } {
  return { href, type };
}
