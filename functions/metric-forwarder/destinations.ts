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

/** The lane of events to one environment by one route in one schema, and who sends them: made once each. */
export function lanesTo(connections: Connections, ports: LanePorts) {
  const made = new Map<string, EventSender>();
  return (
    environmentName: string,
    metrics: MetricsSettings,
  ): { readonly name: string; readonly sender: EventSender } => {
    const environment = connections.launchdarkly[environmentName];
    if (!environment)
      throw new RangeError(`launchdarkly.${environmentName} is named by a connection and does not exist`);
    const name = `${environment.clientSideId} ${metrics.route} ${metrics.eventSchema}`;
    const sender = made.get(name) ?? senderTo(environment, metrics, ports);
    made.set(name, sender);
    return { name, sender };
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
