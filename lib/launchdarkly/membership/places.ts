import type { LedgerSegment } from "../../audience/ledger/ledger.ts";
import type { Connections, LaunchDarklyEnvironment } from "../../connections/schema.ts";
import { ledgerNameOf, type NamedSegment, readLedgerName, type WriterName } from "../segments/ledger-name.ts";

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
