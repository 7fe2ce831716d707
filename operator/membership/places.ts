import type { LedgerSegment } from "../../lib/audience/ledger/ledger.ts";
import { environmentsOfSegment } from "../../lib/connections/audience-environments.ts";
import { connectionNamed, environmentNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections, LaunchDarklyEnvironment } from "../../lib/connections/schema.ts";
import {
  ledgerNameOf,
  type NamedSegment,
  readLedgerName,
  type WriterName,
} from "../../lib/launchdarkly/segments/ledger-name.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";

/** One segment in one environment of LaunchDarkly, as its connections write it. */
export type SegmentPlace = {
  /** The environment's name in connections.yml. */
  readonly environment: string;
  readonly settings: LaunchDarklyEnvironment;
  readonly writer: WriterName;
  readonly segment: NamedSegment;
  readonly ledgerSegment: LedgerSegment;
  /** Those that write there, in the order of connections.yml. None of a segment that is only in the ledger. */
  readonly connections: readonly string[];
};

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

/**
 * Where a segment of the ledger is. `unknown` when connections.yml has no such environment, or the ledger has only the digest of a
 * name that was too long: then as much as is known of it.
 */
export type FoundPlace =
  | { readonly kind: "place"; readonly place: SegmentPlace }
  | {
      readonly kind: "unknown";
      readonly why: "environment" | "digest";
      readonly environment: string;
      readonly writer: WriterName | "unknown";
      readonly id: string;
    };

/** The place of a segment that the ledger names. `connections` are those that can write to it. */
export function placeOfLedgerSegment(
  { environment: environmentId, segment: ledgerName }: LedgerSegment,
  connections: Connections,
): FoundPlace {
  const found = Object.entries(connections.launchdarkly).find(
    ([, { clientSideId }]) => clientSideId === environmentId,
  );
  const segment = readLedgerName(ledgerName);
  if (!found || !segment)
    return {
      kind: "unknown",
      why: found ? "digest" : "environment",
      environment: found?.[0] ?? environmentId,
      writer: segment?.writer ?? "unknown",
      id: segment?.id ?? ledgerName,
    };
  const [environment, settings] = found;
  const writing = Object.entries(connections.connections).filter(
    ([, connection]) =>
      connection.audiences.to.length > 0 && ledgerNameOf(connection, segment.id) === ledgerName,
  );
  // What is accepted for an environment is delivered there, whether or not the connection still names it: those that do come first.
  const names = [
    ...writing.filter(([, { audiences }]) => audiences.to.includes(environment)),
    ...writing.filter(([, { audiences }]) => !audiences.to.includes(environment)),
  ].map(([name]) => name);
  return {
    kind: "place",
    place: {
      environment,
      settings,
      writer: segment.writer,
      segment,
      ledgerSegment: { environment: environmentId, segment: ledgerName },
      connections: names,
    },
  };
}

/** As the outputs name a kind of segment: of synced ones with the integration, which is part of what they are. */
export function writerText({ segment }: Pick<SegmentPlace, "segment">): string {
  return segment.writer === "synced" ? `synced, ${segment.integration}` : segment.writer;
}
