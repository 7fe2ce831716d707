import { ruledAudience, type SelectedAudience } from "../../lib/connections/audience-rules.ts";
import { connectionNamed } from "../../lib/connections/find.ts";
import { onlyContextKind } from "../../lib/connections/integrations.ts";
import { type DestinationQueue, queuesOf } from "../../lib/connections/queues.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import type { Action, SegmentName } from "../../lib/messages/operation.ts";
import { contextKindOf, segmentTextOf } from "../../lib/sources/context.ts";
import { parseTimestamp, TIME_EXPECTED } from "../../lib/sources/time.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";

/** What the person asks for. */
export type BackfillRequest = {
  readonly connection: string;
  readonly segment: string;
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  readonly action?: Action | undefined;
  /** When the export was taken, ISO 8601. */
  readonly at?: string | undefined;
};

/** What every row has in common, checked against the connection as ingest checks its requests. */
export type BackfillSettings = {
  readonly connectionName: string;
  readonly connection: Connection;
  readonly queues: readonly DestinationQueue[];
  readonly segment: SegmentName;
  readonly contextKind: string;
  /** The only context kind that rows may have; undefined when any will do. */
  readonly onlyKind: string | undefined;
  readonly action: Action;
  /** When every row became true, Unix ms. */
  readonly atMs: number;
  /** The receipt time of the messages, Unix ms. */
  readonly acceptedAtMs: number;
};

/**
 * Clocks differ; a time further ahead is a mistake, and would win against every change until then.
 * `settleTime` of lib/sources/time.ts tolerates as much.
 */
const AHEAD_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Reads what is asked for.
 * @throws {OperatorProblem} for what this connection would not take from its source either
 */
export function settingsOf(
  request: BackfillRequest,
  { connections, nowMs }: { readonly connections: Connections; readonly nowMs: number },
): BackfillSettings {
  const { connection: connectionName } = request;
  const connection = connectionNamed(connections, connectionName);
  if (!connection) {
    const known = Object.keys(connections.connections);
    throw new OperatorProblem(misspelt("--connection", connectionName, known, "a connection"));
  }
  const queues = queuesOf(connection, "audience-operations");
  if (queues.length === 0)
    throw new OperatorProblem(
      `--connection: "${connectionName}" has no audiences, so it fills no segment: name one with audiences, or add them to it.`,
    );
  const { audiences, source } = connection;
  const onlyKind = onlyContextKind(audiences, SOURCE_TRAITS[source].integration);
  const atMs = timeOf(request.at, nowMs);
  const { segment, contextKind, to } = audienceOf(segmentOf(request, connection), connection, connectionName);
  return {
    connectionName,
    connection,
    queues: queues.filter(({ destination }) => to === undefined || to.includes(destination)),
    segment: request.name === undefined ? segment : { ...segment, name: request.name },
    contextKind:
      request.kind === undefined ? contextKind : textOr(contextKindOf(request.kind, "--kind", onlyKind)),
    onlyKind,
    action: request.action ?? "add",
    atMs,
    acceptedAtMs: acceptedAt(atMs, nowMs),
  };
}

function segmentOf(
  { segment, name, connection: connectionName }: BackfillRequest,
  { audiences }: Connection,
): SegmentName {
  const id = textOr(segmentTextOf(segment, "--segment"));
  const own = audiences.segment;
  if (own !== undefined && own.id !== id)
    throw new OperatorProblem(
      `--segment: expected "${own.id}", the only segment that connection "${connectionName}" fills, found "${id}".`,
    );
  return { id, name: textOr(segmentTextOf(name ?? own?.name ?? id, "--name")) };
}

/**
 * What the connection's rules make of the segment, so that a file goes where the source's own requests go. It may be named as the
 * source names the audience, or as LaunchDarkly does after a `rename`.
 */
function audienceOf(named: SegmentName, connection: Connection, connectionName: string): SelectedAudience {
  const { rename = {} } = connection.audiences;
  const [renamed] = Object.entries(rename).find(([, { id }]) => id === named.id) ?? [];
  const isOwn = Object.hasOwn(rename, named.id) || renamed === undefined;
  const ruled = ruledAudience(connection, isOwn ? named : { ...named, id: renamed });
  if (ruled.kind === "selected") return ruled;
  throw new OperatorProblem(
    `--segment: "${ruled.by}" of connection "${connectionName}" leaves "${named.id}" out: expected an audience that it takes.`,
  );
}

function timeOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs;
  const atMs = parseTimestamp(text);
  if (atMs === undefined) throw new OperatorProblem(`--at: ${TIME_EXPECTED}, found "${text}".`);
  if (atMs > nowMs + AHEAD_MS)
    throw new OperatorProblem(
      `--at: expected the time at which the export was taken, and ${text} is still to come.`,
    );
  return atMs;
}

/**
 * The receipt time is a part of every operation's version, so a run that goes on must have the same again. For an export of today or
 * yesterday it is the time of the export: of two changes that are true since the same millisecond, the live one then wins. For an
 * older one it is the beginning of yesterday: messages die 45 days after their receipt.
 */
function acceptedAt(atMs: number, nowMs: number): number {
  return Math.max(atMs, Math.floor(nowMs / DAY_MS) * DAY_MS - DAY_MS);
}

function textOr(read: string | { readonly field: string; readonly expected: string }): string {
  if (typeof read === "string") return read;
  throw new OperatorProblem(`${read.field}: ${read.expected}.`);
}
