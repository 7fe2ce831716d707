import { connectionNamed } from "../connections/find.ts";
import type { Connection, Connections } from "../connections/schema.ts";
import { type Fate, unknownConnection, unknownDestination } from "../delivery/fate.ts";
import { takeItems } from "../delivery/open-items.ts";
import { inTurns } from "../delivery/turns.ts";
import type { AudienceOperationsMessage } from "../messages/audience-operations.ts";
import type { SegmentName } from "../messages/operation.ts";
import { compareVersions, type Version } from "../messages/version.ts";
import { type Candidate, collapse } from "./collapse.ts";
import { operationFault, segmentFault } from "./item-fault.ts";
import type { SegmentJob } from "./segment-work.ts";
import type { SegmentWriter } from "./segment-writer.ts";

/**
 * A `removed` entry of the ledger goes after 60 days; an operation that waited this long could find nothing that
 * says it is old, and undo the removal.
 */
export const TOO_OLD_MS = 45 * 24 * 3_600_000;

/** A message of the batch; `firstItem` numbers its first operation among all of the batch. */
export type PlannedMessage = { readonly message: AudienceOperationsMessage; readonly firstItem: number };

/** How operations of a connection reach an environment, and what LaunchDarkly calls their segment. */
export type Route = {
  /** Client-side ID: what the ledger calls the environment, so that renaming it in connections.yml changes nothing. */
  readonly environmentId: string;
  readonly segmentOf: (segmentId: string) => string;
  readonly writer: SegmentWriter;
};

/**
 * The way to the environment that a batch is for; undefined when connections.yml no longer has it. A connection whose `to` names it
 * no longer has its last messages delivered all the same: they were accepted for it.
 */
export type RouteTo = {
  readonly destination: string;
  readonly routeOf: (connection: Connection) => Route | undefined;
};

type Segment = AudienceOperationsMessage["segments"][number];

type JobInMaking = {
  readonly ledgerSegment: { readonly environment: string; readonly segment: string };
  readonly kinds: Map<string, Map<string, Candidate>>;
  readonly writer: SegmentWriter;
  /** The connection whose operations came first: the segment is done in its turn, whoever else writes to it. */
  readonly connection: string;
  /** As its newest operation calls it: vendors rename audiences and keep their id. */
  segment: SegmentName;
  newest: Version | undefined;
};

export type Plan = {
  readonly add: (planned: PlannedMessage) => void;
  /** In the order in which connections take turns. */
  readonly jobs: () => readonly SegmentJob[];
};

/**
 * Groups the operations of a batch by environment and segment, the newest of each member only. What needs no job is
 * settled here: superseded, too old, or of a connection that the configuration does not have.
 *
 * Messages are added one by one, so that nothing of a message needs to stay but the candidates made of it.
 */
export function startPlan(ports: {
  readonly connections: Connections;
  readonly to: RouteTo;
  readonly settle: (item: number, fate: Fate) => void;
  readonly nowMs: number;
}): Plan {
  const { connections, to, settle, nowMs } = ports;
  const jobs = new Map<string, JobInMaking>();
  const superseded = (candidate: Candidate): void =>
    takeItems(candidate, (item) => settle(item, { kind: "delivered", how: "stale" }));
  return {
    add: ({ message, firstItem }) => {
      const found = routeFor(message, { connections, to, nowMs });
      if (found.kind === "route") {
        const right = rightOperations({ message, firstItem }, settle);
        addTo(jobs, found.route, { message, firstItem, right }, superseded);
      } else for (const offset of message.operations.keys()) settle(firstItem + offset, found);
    },
    jobs: () => inTurns(jobs.values(), ({ connection }) => connection),
  };
}

function routeFor(
  { connection: name, acceptedAt }: AudienceOperationsMessage,
  {
    connections,
    to,
    nowMs,
  }: { readonly connections: Connections; readonly to: RouteTo; readonly nowMs: number },
): { readonly kind: "route"; readonly route: Route } | Fate {
  if (nowMs - acceptedAt > TOO_OLD_MS) return tooOld;
  const connection = connectionNamed(connections, name);
  if (!connection) return unknownConnection;
  const route = to.routeOf(connection);
  return route ? { kind: "route", route } : unknownDestination(to.destination);
}

/** Settles the operations that no segment can take, and gives the numbers of the others, or `undefined` for all. */
function rightOperations(
  { message: { segments, operations }, firstItem }: PlannedMessage,
  settle: (item: number, fate: Fate) => void,
): ReadonlySet<number> | undefined {
  const ofSegments = segments.map(segmentFault);
  const wrong = new Map<number, Fate>();
  operations.forEach((operation, offset) => {
    const fault = ofSegments[operation.segment] ?? operationFault(operation);
    if (fault) wrong.set(offset, fault);
  });
  if (wrong.size === 0) return undefined;
  for (const [offset, fault] of wrong) settle(firstItem + offset, fault);
  return new Set([...operations.keys()].filter((offset) => !wrong.has(offset)));
}

function addTo(
  jobs: Map<string, JobInMaking>,
  route: Route,
  { message, firstItem, right }: PlannedMessage & { readonly right: ReadonlySet<number> | undefined },
  superseded: (candidate: Candidate) => void,
): void {
  const placed = new Map<number, Place>();
  message.operations.forEach(({ segment, key, action, at, index, id }, offset) => {
    if (right && !right.has(offset)) return;
    const found = message.segments[segment];
    if (!found)
      throw new RangeError("the message's schema lets no operation name a segment that is not in it");
    const place = placed.get(segment) ?? placeOf(jobs, { route, connection: message.connection }, found);
    placed.set(segment, place);
    const version: Version = [at, message.acceptedAt, index, id];
    collapse(place.members, { contextKey: key, action, version, items: firstItem + offset }, superseded);
    const { job } = place;
    if (!job.newest || compareVersions(version, job.newest) > 0) {
      job.segment = place.segment;
      job.newest = version;
    }
  });
}

type Place = {
  readonly job: JobInMaking;
  readonly members: Map<string, Candidate>;
  readonly segment: SegmentName;
};

function placeOf(
  jobs: Map<string, JobInMaking>,
  { route, connection }: { readonly route: Route; readonly connection: string },
  { id, name, kind }: Segment,
): Place {
  const segment = { id, name };
  const ledgerSegment = { environment: route.environmentId, segment: route.segmentOf(id) };
  const key = `${ledgerSegment.environment} ${ledgerSegment.segment}`;
  const job = jobs.get(key) ?? {
    ledgerSegment,
    kinds: new Map(),
    writer: route.writer,
    connection,
    segment,
    newest: undefined,
  };
  jobs.set(key, job);
  const members = job.kinds.get(kind) ?? new Map<string, Candidate>();
  job.kinds.set(kind, members);
  return { job, members, segment };
}

const tooOld: Fate = {
  kind: "dead",
  reason: "too-old",
  cause:
    "The operation was accepted more than 45 days ago; the ledger no longer knows whether something newer followed.",
};
