import { INTEGRATION_NAMES, type Integration } from "../../lib/connections/integrations.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Where a request goes. `call` is what the path says its one item is; undefined where the body is a batch. */
export type Route =
  | { readonly kind: "health" }
  | { readonly kind: "openapi" }
  | { readonly kind: "preflight"; readonly requestedHeaders: string }
  | { readonly kind: "tracking"; readonly call: string | undefined }
  | { readonly kind: "connection"; readonly name: string }
  | { readonly kind: "segment-targets"; readonly integration: Integration };

/** The routes that bring something to take. */
export type EventsRoute = Exclude<Route, { readonly kind: "health" | "openapi" | "preflight" }>;

/** The methods that the paths of each kind of route allow, as the header `Allow` lists them. */
export const METHODS = {
  health: ["GET", "HEAD"],
  openapi: ["GET", "HEAD"],
  connection: ["POST", "PUT", "PATCH"],
  tracking: ["POST", "OPTIONS"],
  "segment-targets": ["POST"],
} as const;

export type RoutedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
};

/**
 * Finds the route of a request. Empty parts of the path are ignored: `/v1/batch/`, and `//v1/batch` of an SDK whose
 * host was given with a slash at its end.
 */
export function routeOf({ method, path, headers }: RoutedRequest): Route | Refusal {
  const [first, second, ...more] = path.split("/").filter((part) => part !== "");
  if (first === "health" && second === undefined) {
    return allow(method, { kind: "health" });
  }
  if (first === "openapi.json" && second === undefined) return allow(method, { kind: "openapi" });
  if (first === "c" && second !== undefined && more.length === 0) {
    return allow(method, { kind: "connection", name: second });
  }
  if (first === "v1" && second !== undefined && more.length === 0 && TRACKING.has(second)) {
    if (method === "OPTIONS")
      return { kind: "preflight", requestedHeaders: headers["access-control-request-headers"] ?? "" };
    return allow(method, { kind: "tracking", call: TRACKING.get(second) });
  }
  if (first === "api" && second === "v2" && more[0] === "segment-targets" && more.length === 2) {
    return segmentTargets(method, more[1] ?? "");
  }
  return refuse(
    "no_such_route",
    "expected POST /c/{connection}, POST /v1/{batch, track, identify, …}, POST /api/v2/segment-targets/{integration}, GET /health or GET /openapi.json",
  );
}

/** LaunchDarkly's own path, so that a connector for LaunchDarkly needs no more than another host. */
function segmentTargets(method: string, name: string): Route | Refusal {
  const integration = INTEGRATION_NAMES.find((known) => known === name);
  if (integration !== undefined) return allow(method, { kind: "segment-targets", integration });
  return refuse(
    "no_such_integration",
    `expected one of ${INTEGRATION_NAMES.join(", ")} behind /api/v2/segment-targets/`,
  );
}

/**
 * The Tracking API's paths and what they say of their one item. The short ones are those of analytics.js.
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
export const TRACKING: ReadonlyMap<string, string | undefined> = new Map([
  ["batch", undefined],
  ["import", undefined],
  ["b", undefined],
  ...["track", "identify", "page", "screen", "group", "alias", "audiencelist"].map(
    (call) => [call, call] as const,
  ),
  ["t", "track"],
  ["i", "identify"],
  ["p", "page"],
  ["s", "screen"],
  ["g", "group"],
  ["a", "alias"],
]);

/** A page may be anywhere, so the Tracking API's answers may be read by any page; its keys are public in browsers. */
export const CORS_HEADERS = { "access-control-allow-origin": "*" } as const;

/** What a browser asks before it sends: every header it names is allowed, as SDKs differ in theirs. */
export function preflightHeaders(requestedHeaders: string): Readonly<Record<string, string>> {
  const named = /^[\w\-, ]+$/.test(requestedHeaders) ? requestedHeaders : "authorization, content-type";
  return {
    ...CORS_HEADERS,
    "access-control-allow-methods": METHODS.tracking.join(", "),
    "access-control-allow-headers": named,
    "access-control-max-age": "86400",
  };
}

function allow(method: string, route: Exclude<Route, { readonly kind: "preflight" }>): Route | Refusal {
  const allowed: readonly string[] = METHODS[route.kind];
  if (allowed.includes(method)) return route;
  const list = allowed.join(", ");
  return { ...refuse("method_not_allowed", `expected ${list}`), headers: { allow: list } };
}
