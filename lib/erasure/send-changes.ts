import type { DestinationQueue } from "../connections/queues.ts";
import type { Connections } from "../connections/schema.ts";
import type { QueueOutcome } from "../delivery/settle-queues.ts";
import type { SegmentPlace } from "../launchdarkly/membership/places.ts";
import type { Action, AudienceOperation } from "../messages/operation.ts";
import { packAudienceOperations } from "../messages/pack.ts";
import { compareVersions, type Version } from "../messages/version.ts";

/** A change of one member that a person orders. `after` is the version that it has to win against, where one is known. */
export type OrderedChange = {
  readonly kind: string;
  readonly key: string;
  readonly action: Action;
  readonly after: Version | undefined;
};

/** A queue of the bundle, and where it is. */
export type QueueAt = DestinationQueue & { readonly url: string };

export type SendPorts = {
  readonly bundle: { readonly queues: readonly QueueAt[]; readonly connections: Connections };
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly { readonly body: string; readonly groupId: string }[],
  ) => Promise<readonly QueueOutcome[]>;
  /** Unix ms. */
  readonly now: () => number;
};

/**
 * How many of the operations SQS has confirmed, and why it did not take the others; the version of each, in order. `no-way`: nothing
 * was sent, because no connection writes to this segment, or the bundle has no queue for it; `why` says what to do.
 */
export type SentChanges =
  | {
      readonly kind: "sent";
      readonly sent: number;
      readonly codes: readonly string[];
      readonly versions: readonly Version[];
    }
  | { readonly kind: "no-way"; readonly why: string };

/**
 * Sends changes of a segment through its queue, as ingest would: with today's time, so that nothing older undoes them.
 * `id` is the operations' own, by which they are found again. `acceptedAtMs` is when they were ordered, in place of now: what was
 * accepted after that stays.
 */
export async function sendChanges(
  place: SegmentPlace,
  {
    id,
    changes,
    acceptedAtMs,
  }: {
    readonly id: string;
    readonly changes: readonly OrderedChange[];
    readonly acceptedAtMs?: number | undefined;
  },
  { bundle, sendToQueue, now }: SendPorts,
): Promise<SentChanges> {
  const way = wayTo(place, bundle.queues);
  if (way.kind === "no-way") return way;
  const { connection, queue } = way;
  const acceptedAt = acceptedAtMs ?? now();
  const operations = changes.map(({ kind, key, action, after }, index): AudienceOperation => {
    return {
      segment: nameOf(place, connection, bundle.connections),
      contextKind: kind,
      contextKey: key,
      action,
      version: winning([acceptedAt, acceptedAt, index, id], after),
    };
  });
  let sent = 0;
  const codes = new Set<string>();
  const bodies = packAudienceOperations({ connection, acceptedAt, operations });
  const outcomes = await sendToQueue(
    queue.url,
    bodies.map((body) => ({ body, groupId: connection })),
  );
  for (const [at, body] of bodies.entries()) {
    const outcome = outcomes[at];
    if (outcome?.kind === "confirmed") sent += operationsIn(body);
    else codes.add(outcome?.code ?? "NotAnswered");
  }
  return { kind: "sent", sent, codes: [...codes], versions: operations.map(({ version }) => version) };
}

/** A source whose clock runs ahead has written times that are still to come: today's would lose against them. */
function winning(version: Version, after: Version | undefined): Version {
  if (!after || compareVersions(version, after) > 0) return version;
  const [, receivedAtMs, index, id] = version;
  const atSameTime: Version = [after[0], receivedAtMs, index, id];
  return compareVersions(atSameTime, after) > 0 ? atSameTime : [after[0] + 1, receivedAtMs, index, id];
}

type Way =
  | { readonly kind: "way"; readonly connection: string; readonly queue: QueueAt }
  | Extract<SentChanges, { readonly kind: "no-way" }>;

function wayTo({ environment, connections, segment }: SegmentPlace, queues: readonly QueueAt[]): Way {
  const [connection] = connections;
  const queue = queues.find(
    ({ kind, destination }) => kind === "audience-operations" && destination === environment,
  );
  const name = `segment "${segment.id}" of ${environment}`;
  if (connection === undefined) {
    const written =
      segment.writer === "synced"
        ? `synced segments of ${segment.integration}`
        : `${segment.writer} segments`;
    return {
      kind: "no-way",
      why: `${name}: no connection of connections.yml writes ${written}: add one, and deploy.`,
    };
  }
  if (!queue)
    return { kind: "no-way", why: `${name}: the bundle has no queue for ${environment}: deploy again.` };
  return { kind: "way", connection, queue };
}

/** The name matters only when the segment has to be made: an existing one keeps the name that it has. */
function nameOf({ segment: { id } }: SegmentPlace, connection: string, { connections }: Connections) {
  const own = connections[connection]?.audiences.segment;
  return own?.id === id ? own : { id, name: id };
}

function operationsIn(body: string): number {
  const { operations }: { readonly operations: readonly unknown[] } = JSON.parse(body);
  return operations.length;
}
