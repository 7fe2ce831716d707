import type { Connection, Connections } from "../lib/connections/schema.ts";
import type { Bundle } from "./bundle.ts";

export type ListedConnection = {
  readonly name: string;
  readonly source: string;
  /** Where the vendor sends. */
  readonly url: string;
  readonly secret: string;
  readonly destinations: readonly ListedDestination[];
};

export type ListedDestination = {
  readonly kind: "audiences" | "metrics" | "posthog";
  /** The name in connections.yml of an environment of LaunchDarkly, or of a project of PostHog. */
  readonly name: string;
  /** Of audiences: what kind of segment they are. */
  readonly writer?: string;
};

/** What is configured, each connection with the URL to paste. */
export function listConnections({
  connections,
  where,
}: {
  readonly connections: Connections;
  readonly where: Pick<Bundle["where"], "url">;
}): readonly ListedConnection[] {
  return Object.entries(connections.connections).map(([name, connection]) => ({
    name,
    source: connection.source,
    url: `${where.url}/c/${name}`,
    secret: connection.secret,
    destinations: destinationsOf(connection),
  }));
}

function destinationsOf({ audiences, metrics, posthog }: Connection): readonly ListedDestination[] {
  return [
    ...audiences.to.map((name) => ({ kind: "audiences" as const, name, writer: audiences.writer })),
    ...(metrics?.to ?? []).map((name) => ({ kind: "metrics" as const, name })),
    ...(posthog?.to ?? []).map((name) => ({ kind: "posthog" as const, name })),
  ];
}
