import { environmentNamed } from "../../lib/connections/find.ts";
import type { Connections, LaunchDarklyEnvironment, MetricsSettings } from "../../lib/connections/schema.ts";
import type { EventSender } from "../../lib/delivery/lane.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { type EventPorts, eventSender } from "../../lib/launchdarkly/metric-events/request.ts";

export type LanePorts = Pick<EventPorts, "http" | "now"> & {
  /** The access token in the secret of this name. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  /** Shared by all environments: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  readonly timeoutMs: number;
  readonly version: string;
};

/** The way to the environment that a batch is for; undefined when it gets no events of these settings. */
export type LaneTo = {
  readonly destination: string;
  /** Connections with the same route and schema share a lane. */
  readonly laneOf: (
    metrics: MetricsSettings,
  ) => { readonly name: string; readonly sender: EventSender } | undefined;
};

/** The lanes to one environment, one by each route and schema, and who sends them: made once each. */
export function laneTo(destination: string, connections: Connections, ports: LanePorts): LaneTo {
  const environment = environmentNamed(connections, destination);
  const made = new Map<string, EventSender>();
  return {
    destination,
    laneOf: (metrics) => {
      if (!environment || !metrics.to.includes(destination)) return undefined;
      const name = `${metrics.route} ${metrics.eventSchema}`;
      const sender = made.get(name) ?? senderTo(environment, metrics, ports);
      made.set(name, sender);
      return { name, sender };
    },
  };
}

function senderTo(
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
          // The check of the connections sees to both where this route is taken.
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
    },
  );
}
