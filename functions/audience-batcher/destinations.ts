import type { Route, RouteTo } from "../../lib/audience/plan.ts";
import { environmentNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections, LaunchDarklyEnvironment } from "../../lib/connections/schema.ts";
import { integrationOf } from "../../lib/connections/source-traits.ts";
import { type Breakers, breakerOf, type Closed } from "../../lib/http/breaker.ts";
import { allClosed } from "../../lib/http/destination-call.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { type Client, type ClientPorts, openClient } from "../../lib/launchdarkly/client.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { bigSegments } from "../../lib/launchdarkly/segments/big.ts";
import { ledgerNameOf } from "../../lib/launchdarkly/segments/ledger-name.ts";
import { listSegments } from "../../lib/launchdarkly/segments/list.ts";
import { syncedSegments } from "../../lib/launchdarkly/segments/synced/request.ts";

export type RoutePorts = Pick<ClientPorts, "http" | "now"> & {
  /** Logs why a segment cannot be written, and what to do. */
  readonly noteProblem: (problem: string) => void;
  /** The access token in the secret of this name; `after` as for {@link ClientPorts.accessToken}. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  /** Shared by all environments: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  /** Shared by all invocations of the process. */
  readonly breakers?: Breakers;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** A {@link RouteTo}, and whether its environment is closed to all that connections write, its secret looked at where that may open it. */
export type EnvironmentRoute = RouteTo & { readonly closedNow: () => Promise<Closed | undefined> };

/** The ways to one environment: a client for each kind of segments, and a writer per connection, each made once. */
export function routeTo(destination: string, connections: Connections, ports: RoutePorts): EnvironmentRoute {
  const environment = environmentNamed(connections, destination);
  if (!environment) return { destination, routeOf: () => undefined, closedNow: async () => undefined };
  const clients = new Map<Writer, Client>();
  const clientOf = ({ audiences: { writer } }: Connection): Client => {
    const client = clients.get(writer) ?? clientTo(`${destination} ${writer}`, environment, ports);
    clients.set(writer, client);
    return client;
  };
  const made = new Map<Connection, Route>();
  return {
    destination,
    closedNow: () => {
      const senders = Object.values(connections.connections).filter(({ audiences: { to } }) =>
        to.includes(destination),
      );
      return allClosed([...new Set(senders.map(clientOf))].map(({ closedNow }) => closedNow));
    },
    routeOf: (connection) => {
      const route =
        made.get(connection) ?? routeOf(destination, environment, connection, clientOf(connection), ports);
      made.set(connection, route);
      return route;
    },
  };
}

type Writer = Connection["audiences"]["writer"];

/**
 * `name`: of what fails as one. A kind of segments has routes of its own, and a token may be refused at those alone: where
 * LaunchDarkly documents a 401 and no 403, as for the members of big segments, a role that lacks a right looks like a token that is
 * revoked. A token that is revoked costs a request for each kind.
 */
function clientTo(name: string, { secret, instance }: LaunchDarklyEnvironment, ports: RoutePorts): Client {
  const { http, now, timeoutMs, userAgent } = ports;
  return openClient(
    { api: urlsOf(instance).api, timeoutMs, userAgent },
    {
      http,
      now,
      accessToken: (after) => ports.accessToken(secret, after),
      limit: limitOf(ports.limits, { account: urlsOf(instance).api, secret }),
      breaker: ports.breakers && breakerOf(ports.breakers, name),
    },
  );
}

function routeOf(
  name: string,
  environment: LaunchDarklyEnvironment,
  connection: Connection,
  client: Client,
  { noteProblem }: RoutePorts,
): Route {
  const { writer } = connection.audiences;
  const environmentId = environment.clientSideId;
  const segmentOf = (id: string) => ledgerNameOf(connection, id);
  if (writer === "synced") {
    const integration = integrationOf(connection);
    return { environmentId, segmentOf, writer: syncedSegments({ client, environmentId, integration }) };
  }
  const open = { big: bigSegments, list: listSegments }[writer];
  return {
    environmentId,
    segmentOf,
    writer: open({ client, ...keysOf(name, environment), noteProblem }),
  };
}

function keysOf(name: string, { project, environment }: LaunchDarklyEnvironment) {
  if (project === undefined || environment === undefined)
    throw new RangeError(`launchdarkly.${name} has no keys, and the check of connections.yml wants them`);
  return { project, environment };
}
