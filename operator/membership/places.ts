import { environmentsOfSegment } from "../../lib/connections/audience-environments.ts";
import { connectionNamed, environmentNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import type { SegmentPlace } from "../../lib/launchdarkly/membership/places.ts";
import { ledgerNameOf, readLedgerName } from "../../lib/launchdarkly/segments/ledger-name.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";

/**
 * Where a segment of this id is, by the connections that have audiences: once for each environment and kind of segment.
 * @throws {OperatorProblem} for a connection that is not there, or has no audiences
 */
export function placesOfSegment(
  connections: Connections,
  { segmentId, connection: only }: { readonly segmentId: string; readonly connection?: string | undefined },
): readonly SegmentPlace[] {
  const places = new Map<string, SegmentPlace>();
  for (const [name, connection] of audienceConnections(connections, only)) {
    for (const environment of environmentsOfSegment(connection.audiences, segmentId)) {
      const place = placeIn(connections, { environment, connection, name, segmentId });
      if (!place) continue;
      const key = JSON.stringify([environment, place.ledgerSegment.segment]);
      const known = places.get(key);
      places.set(key, known ? { ...known, connections: [...known.connections, name] } : place);
    }
  }
  return [...places.values()];
}

function audienceConnections(connections: Connections, only: string | undefined): [string, Connection][] {
  const writing = Object.entries(connections.connections).filter(
    ([, { audiences }]) => audiences.to.length > 0,
  );
  if (only === undefined) {
    if (writing.length > 0) return writing;
    throw new OperatorProblem("No connection of connections.yml has audiences: there are no segments.");
  }
  const found = writing.filter(([name]) => name === only);
  if (found.length > 0) return found;
  const known = writing.map(([name]) => name);
  const expected = connectionNamed(connections, only)
    ? "a connection with audiences"
    : "a connection of connections.yml with audiences";
  throw new OperatorProblem(misspelt("--connection", only, known, expected));
}

function placeIn(
  connections: Connections,
  asked: {
    readonly environment: string;
    readonly connection: Connection;
    readonly name: string;
    readonly segmentId: string;
  },
): SegmentPlace | undefined {
  const { environment, connection, name, segmentId } = asked;
  const settings = environmentNamed(connections, environment);
  if (!settings) return undefined;
  const ledgerName = ledgerNameOf(connection, segmentId);
  const segment = readLedgerName(ledgerName);
  if (!segment) return undefined;
  return {
    environment,
    settings,
    writer: connection.audiences.writer,
    segment,
    ledgerSegment: { environment: settings.clientSideId, segment: ledgerName },
    connections: [name],
  };
}
