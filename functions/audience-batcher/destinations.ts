import type { Route, RoutesOf } from "../../lib/audience/plan.ts";
import type { Connection, Connections, LaunchDarklyEnvironment } from "../../lib/connections/schema.ts";
import { integrationOf } from "../../lib/connections/source-traits.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { type Client, type ClientPorts, openClient } from "../../lib/launchdarkly/client.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { bigSegments } from "../../lib/launchdarkly/segments/big.ts";
import { listSegments } from "../../lib/launchdarkly/segments/list.ts";
import { segmentKeyOf } from "../../lib/launchdarkly/segments/segment-key.ts";
import { syncedSegments } from "../../lib/launchdarkly/segments/synced/request.ts";

export type RoutePorts = Pick<ClientPorts, "http" | "now"> & {
  /** Why a segment cannot be written, and what to do: for the log. */
  readonly noteProblem: (problem: string) => void;
  /** The access token in the secret of this name; `after` as for {@link ClientPorts.accessToken}. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  /** Shared by all environments: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** The routes of each connection, made once: a client per environment, and a writer per connection and environment. */
export function routesTo(connections: Connections, ports: RoutePorts): RoutesOf {
  const made = new Map<Connection, readonly Route[]>();
  const clients = new Map<LaunchDarklyEnvironment, Client>();
  const clientOf = (environment: LaunchDarklyEnvironment): Client => {
    const client = clients.get(environment) ?? clientTo(environment, ports);
    clients.set(environment, client);
    return client;
  };
  return (connection) => {
    const held = made.get(connection);
    if (held) return held;
    const routes = connection.audiences.to.map((name) => {
      const environment = connections.launchdarkly[name];
      if (!environment)
        throw new RangeError(`launchdarkly.${name} is named by a connection and does not exist`);
      const client = clientOf(environment);
      return {
        ...routeOf(name, environment, connection, client, ports),
        environmentId: environment.clientSideId,
      };
    });
    made.set(connection, routes);
    return routes;
  };
}

function clientTo({ secret, instance }: LaunchDarklyEnvironment, ports: RoutePorts): Client {
  const { http, now, timeoutMs, userAgent } = ports;
  return openClient(
    { api: urlsOf(instance).api, timeoutMs, userAgent },
    {
      http,
      now,
      accessToken: (after) => ports.accessToken(secret, after),
      limit: limitOf(ports.limits, { account: urlsOf(instance).api, secret }),
    },
  );
}

function routeOf(
  name: string,
  environment: LaunchDarklyEnvironment,
  connection: Connection,
  client: Client,
  { noteProblem }: RoutePorts,
): Omit<Route, "environmentId"> {
  const { writer } = connection.audiences;
  if (writer === "synced") {
    const integration = integrationOf(connection);
    return {
      // The same id under another integration is another segment to LaunchDarkly.
      segmentOf: (id) => `synced/${integration}/${id}`,
      writer: syncedSegments({ client, environmentId: environment.clientSideId, integration }),
    };
  }
  const open = { big: bigSegments, list: listSegments }[writer];
  // By key, not by id: what is one segment to LaunchDarkly has one hold.
  return {
    segmentOf: (id) => `${writer}/${segmentKeyOf(id)}`,
    writer: open({ client, ...keysOf(name, environment), noteProblem }),
  };
}

function keysOf(name: string, { project, environment }: LaunchDarklyEnvironment) {
  if (project === undefined || environment === undefined)
    throw new RangeError(`launchdarkly.${name} has no keys, and the check of connections.yml wants them`);
  return { project, environment };
}
