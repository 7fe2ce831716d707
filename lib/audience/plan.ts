import type { Connection, Connections } from "../connections/schema.ts";
import type { Fate } from "../delivery/fate.ts";
import type { SegmentJob } from "./apply-segment.ts";
import { type Candidate, collapse } from "./collapse.ts";
import type { AudienceOperation, SegmentName } from "./operation.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { compareVersions, type Version } from "./version.ts";

/**
 * A `removed` entry of the ledger goes after 60 days; an operation that waited this long could find nothing that
 * says it is old, and undo the removal.
 */
export const TOO_OLD_MS = 45 * 24 * 3_600_000;

/** One message's operations; `firstItem` numbers the first of them among all of the batch. */
export type PlannedMessage = {
  readonly connection: string;
  readonly acceptedAt: number;
  readonly operations: readonly AudienceOperation[];
  readonly firstItem: number;
};

/** How operations of a connection reach one of its environments, and what LaunchDarkly calls their segment. */
export type Route = {
  /** Client-side ID: what the ledger calls the environment, so that renaming it in connections.yml changes nothing. */
  readonly environmentId: string;
  readonly segmentOf: (segmentId: string) => string;
  readonly writer: SegmentWriter;
};

export type RoutesOf = (connection: Connection) => readonly Route[];

type JobInMaking = {
  readonly ledgerSegment: { readonly environment: string; readonly segment: string };
  readonly kinds: Map<string, Map<string, Candidate<number>>>;
  readonly writer: SegmentWriter;
  named: { readonly segment: SegmentName; readonly version: Version };
};

/**
 * Groups the operations of a batch by environment and segment, the newest of each member only. What needs no job is
 * settled here: superseded, too old, or of a connection that the configuration does not have.
 */
export function planJobs(
  messages: readonly PlannedMessage[],
  connections: Connections,
  routesOf: RoutesOf,
  settle: (item: number, fate: Fate) => void,
  nowMs: number,
): SegmentJob<number>[] {
  const jobs = new Map<string, JobInMaking>();
  const superseded = (items: readonly number[]): void => {
    for (const item of items) settle(item, { kind: "delivered", how: "stale" });
  };
  for (const message of messages) {
    const connection = connections.connections[message.connection];
    const settleAll = (fate: Fate): void => {
      for (const offset of message.operations.keys()) settle(message.firstItem + offset, fate);
    };
    if (nowMs - message.acceptedAt > TOO_OLD_MS) {
      settleAll(tooOld);
      continue;
    }
    if (!connection) {
      settleAll(unknownConnection);
      continue;
    }
    for (const route of routesOf(connection)) {
      message.operations.forEach((operation, offset) => {
        const members = membersOf(jobOf(jobs, route, operation), operation.contextKind);
        collapse(members, { ...operation, item: message.firstItem + offset }, superseded);
      });
    }
  }
  return [...jobs.values()].map(({ named, ...job }) => ({ ...job, segment: named.segment }));
}

/** The newest operation names the segment: vendors rename audiences and keep their id. */
function jobOf(
  jobs: Map<string, JobInMaking>,
  route: Route,
  { segment, version }: AudienceOperation,
): JobInMaking {
  const ledgerSegment = { environment: route.environmentId, segment: route.segmentOf(segment.id) };
  const key = `${ledgerSegment.environment} ${ledgerSegment.segment}`;
  const held = jobs.get(key);
  if (held) {
    if (compareVersions(version, held.named.version) > 0) held.named = { segment, version };
    return held;
  }
  const made: JobInMaking = {
    ledgerSegment,
    kinds: new Map(),
    writer: route.writer,
    named: { segment, version },
  };
  jobs.set(key, made);
  return made;
}

function membersOf(job: JobInMaking, contextKind: string): Map<string, Candidate<number>> {
  const held = job.kinds.get(contextKind);
  if (held) return held;
  const made = new Map<string, Candidate<number>>();
  job.kinds.set(contextKind, made);
  return made;
}

/** A fault of configuration: whoever renamed the connection may put it back. */
const unknownConnection: Fate = {
  kind: "retry",
  reason: "unknown-connection",
  delay: { kind: "configuration" },
};

const tooOld: Fate = {
  kind: "dead",
  reason: "too-old",
  cause:
    "The operation was accepted more than 45 days ago; the ledger no longer knows whether something newer followed.",
};
