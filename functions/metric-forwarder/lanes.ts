import type { Connections, MetricsSettings } from "../../lib/connections/schema.ts";
import { noLimitSeen, type RateLimit } from "../../lib/delivery/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import {
  type EventPorts,
  type EventSender,
  eventSender,
} from "../../lib/launchdarkly/metric-events/request.ts";

/** Limits by host and, where there is one, secret: for the life of the process. */
export type EventLimits = Map<string, RateLimit>;

export type LanePorts = Pick<EventPorts, "http" | "now"> & {
  /** The access token in the secret of this name. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  readonly limits: EventLimits;
  readonly timeoutMs: number;
  readonly version: string;
};

/** The lane of events to one environment by one route in one schema, and who sends them. */
export function lanesTo(connections: Connections, ports: LanePorts) {
  return (
    name: string,
    metrics: MetricsSettings,
  ): { readonly name: string; readonly sender: EventSender } => {
    const environment = connections.launchdarkly[name];
    if (!environment)
      throw new RangeError(`launchdarkly.${name} is named by a connection and does not exist`);
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
    const counted = route.kind === "client-side" ? events : `${events} ${secret}`;
    const sender = eventSender(
      route,
      { eventSchema: metrics.eventSchema, timeoutMs: ports.timeoutMs, version: ports.version },
      {
        http: ports.http,
        now: ports.now,
        accessToken: (after) => ports.accessToken(secret, after),
        limit: {
          get: () => ports.limits.get(counted) ?? noLimitSeen,
          set: (limit) => ports.limits.set(counted, limit),
        },
      },
    );
    return { name: `${environmentId} ${metrics.route} ${metrics.eventSchema}`, sender };
  };
}
