import type { Route, RoutesOf } from "../../lib/audience/plan.ts";
import type { Integration } from "../../lib/connections/integrations.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { limitOf, type RateLimits } from "../../lib/delivery/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { type SyncedPorts, syncedSegments } from "../../lib/launchdarkly/segments/synced/request.ts";

export type RoutePorts = Pick<SyncedPorts, "http" | "now"> & {
  /** The access token in the secret of this name; `after` as for {@link SyncedPorts.accessToken}. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  readonly integrationOf: (connection: Connection) => Integration;
  /** By secret: LaunchDarkly counts what an account sends, whatever the environment. */
  readonly limits: RateLimits;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** The routes of each connection, made once: a writer per environment and integration. */
export function routesTo(connections: Connections, ports: RoutePorts): RoutesOf {
  const made = new Map<Connection, readonly Route[]>();
  return (connection) => {
    const held = made.get(connection);
    if (held) return held;
    const routes = connection.audiences.to.map((name) =>
      routeTo(name, connections, ports.integrationOf(connection), ports),
    );
    made.set(connection, routes);
    return routes;
  };
}

function routeTo(name: string, connections: Connections, integration: Integration, ports: RoutePorts): Route {
  const environment = connections.launchdarkly[name];
  if (!environment) throw new RangeError(`launchdarkly.${name} is named by a connection and does not exist`);
  const { secret, clientSideId } = environment;
  const writer = syncedSegments(
    {
      api: urlsOf(environment.instance).api,
      environmentId: clientSideId,
      integration,
      timeoutMs: ports.timeoutMs,
      userAgent: ports.userAgent,
    },
    {
      http: ports.http,
      now: ports.now,
      accessToken: (after) => ports.accessToken(secret, after),
      limit: limitOf(ports.limits, secret),
    },
  );
  // The same id under another integration is another segment to LaunchDarkly.
  return { environmentId: clientSideId, segmentOf: (id) => `synced/${integration}/${id}`, writer };
}
