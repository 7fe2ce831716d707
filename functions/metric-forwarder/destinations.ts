import { environmentNamed } from "../../lib/connections/find.ts";
import type { Connections, LaunchDarklyEnvironment, MetricsSettings } from "../../lib/connections/schema.ts";
import type { EventSender } from "../../lib/delivery/lane.ts";
import { type Breakers, breakerOf, type Closed } from "../../lib/http/breaker.ts";
import { allClosed } from "../../lib/http/destination-call.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { type EventPorts, eventSender } from "../../lib/launchdarkly/metric-events/request.ts";

export type LanePorts = Pick<EventPorts, "http" | "now"> & {
  /** The access token in the secret of this name. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  /** Shared by all environments: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  /** Shared by all invocations of the process. */
  readonly breakers?: Breakers;
  readonly timeoutMs: number;
  readonly version: string;
};

/** The way to the environment of a batch; `laneOf` returns undefined when connections.yml no longer has it. */
export type LaneTo = {
  readonly destination: string;
  /** Connections with the same route and schema share a lane. */
  readonly laneOf: (
    metrics: MetricsSettings,
  ) => { readonly name: string; readonly sender: EventSender } | undefined;
};

/** A {@link LaneTo} that also tells whether all routes to its environment are closed; it gives the one that opens first. */
export type EnvironmentLanes = LaneTo & { readonly closedNow: () => Promise<Closed | undefined> };

/** Returns the lanes to one environment: one for each route and schema, with its sender, each made once. */
export function laneTo(destination: string, connections: Connections, ports: LanePorts): EnvironmentLanes {
  const environment = environmentNamed(connections, destination);
  const made = new Map<string, EventSender>();
  const laneOf: LaneTo["laneOf"] = (metrics) => {
    if (!environment) return undefined;
    const name = `${metrics.route} ${metrics.eventSchema}`;
    const sender = made.get(name) ?? senderTo(destination, environment, metrics, ports);
    made.set(name, sender);
    return { name, sender };
  };
  return {
    destination,
    laneOf,
    closedNow: async () => {
      const lanes = Object.values(connections.connections).map(
        ({ metrics }) => metrics?.to.includes(destination) && laneOf(metrics),
      );
      const senders = new Set(lanes.flatMap((lane) => (lane ? lane.sender : [])));
      return allClosed([...senders].map(({ closedNow }) => closedNow));
    },
  };
}

function senderTo(
  name: string,
  environment: LaunchDarklyEnvironment,
  metrics: MetricsSettings,
  ports: LanePorts,
): EventSender {
  const { clientSideId: environmentId, secret } = environment;
  const { events } = urlsOf(environment.instance);
  const route =
    metrics.route === "client-side"
      ? ({ kind: "client-side", events, environmentId } as const)
      : ({
          kind: "import",
          events,
          environmentId,
          // The check of connections.yml requires both for this route.
          project: environment.project ?? "",
          environment: environment.environment ?? "",
        } as const);
  return eventSender(
    route,
    { eventSchema: metrics.eventSchema, timeoutMs: ports.timeoutMs, version: ports.version },
    {
      http: ports.http,
      now: ports.now,
      accessToken: (after) => ports.accessToken(secret, after),
      limit: limitOf(ports.limits, { account: events, ...(route.kind === "import" && { secret }) }),
      // Two routes are two endpoints with credentials of their own: only one may be at fault.
      breaker: ports.breakers && breakerOf(ports.breakers, `${name} ${route.kind}`),
    },
  );
}
