import type { Route, RoutesOf } from "../../lib/audience/plan.ts";
import type { Integration } from "../../lib/connections/integrations.ts";
import type { Connection, Connections, LaunchDarklyEnvironment } from "../../lib/connections/schema.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import type { ApiPorts } from "../../lib/launchdarkly/rest-api.ts";
import { bigSegments } from "../../lib/launchdarkly/segments/big/request.ts";
import type { KeyedPorts } from "../../lib/launchdarkly/segments/keyed-segments.ts";
import { listSegments } from "../../lib/launchdarkly/segments/list/request.ts";
import { segmentKeyOf } from "../../lib/launchdarkly/segments/segment-key.ts";
import { syncedSegments } from "../../lib/launchdarkly/segments/synced/request.ts";

export type RoutePorts = Pick<KeyedPorts, "http" | "now" | "noteProblem"> & {
  /** The access token in the secret of this name; `after` as for {@link ApiPorts.accessToken}. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  readonly integrationOf: (connection: Connection) => Integration;
  /** Shared by all environments: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** The routes of each connection, made once: a writer per connection and environment. */
export function routesTo(connections: Connections, ports: RoutePorts): RoutesOf {
  const made = new Map<Connection, readonly Route[]>();
  return (connection) => {
    const held = made.get(connection);
    if (held) return held;
    const routes = connection.audiences.to.map((name) => routeTo(name, connections, connection, ports));
    made.set(connection, routes);
    return routes;
  };
}

function routeTo(name: string, connections: Connections, connection: Connection, ports: RoutePorts): Route {
  const environment = connections.launchdarkly[name];
  if (!environment) throw new RangeError(`launchdarkly.${name} is named by a connection and does not exist`);
  const { secret, clientSideId } = environment;
  const { timeoutMs, userAgent } = ports;
  const { api } = urlsOf(environment.instance);
  const settings = { api, timeoutMs, userAgent };
  const writerPorts = {
    http: ports.http,
    now: ports.now,
    accessToken: (after?: string) => ports.accessToken(secret, after),
    limit: limitOf(ports.limits, { account: api, secret }),
    noteProblem: ports.noteProblem,
  };
  const { writer } = connection.audiences;
  if (writer === "synced") {
    const integration = ports.integrationOf(connection);
    return {
      environmentId: clientSideId,
      // The same id under another integration is another segment to LaunchDarkly.
      segmentOf: (id) => `synced/${integration}/${id}`,
      writer: syncedSegments({ ...settings, environmentId: clientSideId, integration }, writerPorts),
    };
  }
  const keyed = { ...settings, ...keysOf(name, environment) };
  const open = { big: bigSegments, list: listSegments }[writer];
  // By key, not by id: what is one segment to LaunchDarkly has one hold.
  return {
    environmentId: clientSideId,
    segmentOf: (id) => `${writer}/${segmentKeyOf(id)}`,
    writer: open(keyed, writerPorts),
  };
}

function keysOf(name: string, { project, environment }: LaunchDarklyEnvironment) {
  if (project === undefined || environment === undefined)
    throw new RangeError(`launchdarkly.${name} has no keys, and the check of connections.yml wants them`);
  return { project, environment };
}
