import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { fitQueue, MAX_QUEUED_BYTES } from "../../lib/messages/queued-bytes.ts";
import { MAX_ERASURES } from "../../lib/sources/erasures.ts";
import { environmentProblem, parseSegmentTargets } from "../../lib/sources/segment-targets.ts";
import type { Parsed, SourceRequest } from "../../lib/sources/source.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { EventsRoute } from "./route.ts";
import { sumOf } from "./tally.ts";

export type Understood = Extract<Parsed, { readonly kind: "understood" }>;

/** https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size */
export const MAX_TRACKING_EVENTS = 2_500;

/** What an authenticated request contains for its connection, or why it is refused as a whole. */
export function understand(
  route: EventsRoute,
  request: Omit<SourceRequest, "route" | "call">,
  connections: Connections,
): Understood | Refusal {
  if (route.kind === "tracking" && batchLength(request.body) > MAX_TRACKING_EVENTS) {
    return refuse("too_many_events", `batch: expected at most ${MAX_TRACKING_EVENTS} events`);
  }
  const parsed = parse(route, request, connections);
  if (parsed.kind === "malformed") return refuse("malformed_request", parsed.message);
  if (!fitQueue(parsed.operations)) return TOO_MUCH_TO_QUEUE;
  if (parsed.erasures.length > MAX_ERASURES) return TOO_MANY_ERASURES;
  return route.kind === "segment-targets" && isUnusable(parsed) ? nothingUsable(parsed) : parsed;
}

const TOO_MANY_ERASURES = refuse("too_many_events", `expected at most ${MAX_ERASURES} erasure requests`);

const TOO_MUCH_TO_QUEUE = refuse(
  "body_too_large",
  `expected operations that take at most ${MAX_QUEUED_BYTES / 1_048_576} MB once each has its own key and segment: send fewer members a request, or shorter keys`,
);

function parse(
  route: EventsRoute,
  request: Omit<SourceRequest, "route" | "call">,
  connections: Connections,
): Parsed {
  const source = SOURCES[request.connection.source];
  if (route.kind !== "segment-targets") {
    const call = route.kind === "tracking" ? route.call : undefined;
    return source.parse({ ...request, route: route.kind, call });
  }
  const { integration } = route;
  if (request.connection.audiences.to.length === 0) return NO_AUDIENCES;
  const environments = environmentsOf(request.connection, connections);
  const problem = environmentProblem(integration, request.body, environments);
  if (problem !== undefined) return { kind: "malformed", message: problem };
  const { readsSegmentTargets = false } = source;
  return readsSegmentTargets
    ? source.parse({ ...request, route: "segment-targets" })
    : parseSegmentTargets(integration, { ...request, route: "segment-targets" });
}

const NO_AUDIENCES: Parsed = {
  kind: "malformed",
  message: "this connection has no audiences, so it takes no members",
};

/** The client-side IDs of the environments that a connection sends to. */
function environmentsOf({ audiences }: Connection, { launchdarkly }: Connections): readonly string[] {
  return audiences.to.flatMap((name) => launchdarkly[name]?.clientSideId ?? []);
}

/** A request about audiences alone that the connection's rules leave out has lost nothing. */
function isUnusable({ operations, items, rejectedByCode }: Understood): boolean {
  return operations.length === 0 && (items === 0 || sumOf(rejectedByCode) > 0);
}

/** LaunchDarkly's connectors look at the status alone: a 204 would tell them that somebody was added or removed. */
function nothingUsable({ rejected: [first], rejectedByCode, items }: Understood): Refusal {
  const message = first
    ? `${first.message} (the first of ${items}, none of which can be taken)`
    : "expected at least one member";
  return { ...refuse("no_usable_item", message), rejectedByCode };
}

function batchLength(body: unknown): number {
  const batch = typeof body === "object" && body !== null && "batch" in body ? body.batch : undefined;
  return Array.isArray(batch) ? batch.length : 0;
}
