import {
  type DestinationQueue,
  type Parcel,
  QUEUE_KINDS,
  type QueueKind,
  queuesOf,
  type SendParcel,
} from "../../lib/connections/queues.ts";
import type { Connection } from "../../lib/connections/schema.ts";
import { packAudienceOperations } from "../../lib/messages/pack.ts";
import { packErasures, packFlagChanges, packMetricEvents } from "../../lib/messages/pack-items.ts";
import { type Refusal, refuseForNow } from "./refusal.ts";
import type { Understood } from "./understand.ts";

type From = {
  readonly connection: string;
  /** Unix ms. */
  readonly acceptedAt: number;
  readonly requestId: string;
};

/** The items that become messages, by the kind of their queue. */
const PACKERS: Readonly<Record<QueueKind, (from: From, understood: Understood) => string[]>> = {
  "audience-operations": (from, { operations }) => packAudienceOperations({ ...from, operations }),
  "metric-events": (from, { events }) => packMetricEvents({ ...from, events }),
  "flag-changes": ({ requestId: _, ...from }, { changes }) => packFlagChanges({ ...from, changes }),
  erasures: (from, { erasures }) => packErasures({ ...from, erasures }),
};

/**
 * The messages of a request for each of its connection's destinations: the same bodies for all of a kind, unless a rule keeps
 * an audience to some of them.
 */
export function parcelsOf(understood: Understood, connection: Connection, from: From): readonly Parcel[] {
  const { operations } = understood;
  const isSplit = connection.audiences.byAudience && operations.some(({ to }) => to !== undefined);
  return QUEUE_KINDS.flatMap((kind) => {
    if (kind === "audience-operations" && isSplit)
      return queuesOf(connection, kind).flatMap((queue) => {
        const own = operations.filter(({ to }) => to === undefined || to.includes(queue.destination));
        return parcels(from, [queue], PACKERS[kind](from, { ...understood, operations: own }));
      });
    return parcels(from, queuesOf(connection, kind), PACKERS[kind](from, understood));
  });
}

function parcels(
  { connection }: From,
  queues: readonly DestinationQueue[],
  bodies: readonly string[],
): readonly Parcel[] {
  return bodies.length === 0 ? [] : queues.map((queue) => ({ queue, connection, bodies }));
}

/** A queue that refuses a message usually takes it seconds later. */
const QUEUE_RETRY_AFTER_SECONDS = 5;

/**
 * Returns undefined when everything is in its queue. What was queued before a failure comes again with the sender's
 * repetition, and changes nothing twice.
 */
export async function queueAll(parcels: readonly Parcel[], send: SendParcel): Promise<Refusal | undefined> {
  const failures = await Promise.all(parcels.map((parcel) => failuresOf(parcel, send)));
  const causes = [...new Set(failures.flat())];
  if (causes.length === 0) return undefined;
  return refuseForNow("queue_unavailable", "the queue did not take everything; send the same request again", {
    retryAfterSeconds: QUEUE_RETRY_AFTER_SECONDS,
    causes,
  });
}

async function failuresOf(parcel: Parcel, send: SendParcel): Promise<readonly string[]> {
  const outcomes = await send(parcel);
  return parcel.bodies.flatMap((_, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === "confirmed") return [];
    if (outcome === undefined) return ["NotAnswered"];
    return [outcome.requestId ? `${outcome.code} (request ${outcome.requestId})` : outcome.code];
  });
}
