import {
  type DestinationQueue,
  QUEUE_KINDS,
  type QueueKind,
  queuesOf,
} from "../../lib/connections/queues.ts";
import type { Connection } from "../../lib/connections/schema.ts";
import { packAudienceOperations } from "../../lib/messages/pack.ts";
import { packFlagChanges, packMetricEvents } from "../../lib/messages/pack-items.ts";
import { type Refusal, refuseForNow } from "./refusal.ts";
import type { Understood } from "./understand.ts";

/** `code` is the queue's or the network's, and safe to log. */
export type SendOutcome =
  | { readonly kind: "confirmed" }
  | { readonly kind: "failed"; readonly code: string; readonly requestId?: string | undefined };

/** Puts messages of a connection on one queue. One outcome per body: only what is `confirmed` is in the queue. */
export type SendTo = (
  queue: DestinationQueue,
  bodies: readonly string[],
  connection: string,
) => Promise<readonly SendOutcome[]>;

/** The same, for the connection whose request is being taken. */
type SendOf = (queue: DestinationQueue, bodies: readonly string[]) => ReturnType<SendTo>;

/** Message bodies, and the queue that they are for. */
export type Parcel = { readonly queue: DestinationQueue; readonly bodies: readonly string[] };

type From = { readonly connection: string; readonly acceptedAt: number };

/** What becomes messages, by the kind of queue that they go to. */
const PACKERS: Readonly<Record<QueueKind, (from: From, understood: Understood) => string[]>> = {
  "audience-operations": (from, { operations }) => packAudienceOperations({ ...from, operations }),
  "metric-events": (from, { events }) => packMetricEvents({ ...from, events }),
  "flag-changes": (from, { changes }) => packFlagChanges({ ...from, changes }),
};

/** The messages of a request for each of its connection's destinations: the same bodies for all of a kind. */
export function parcelsOf(understood: Understood, connection: Connection, from: From): readonly Parcel[] {
  return QUEUE_KINDS.flatMap((kind) => {
    const bodies = PACKERS[kind](from, understood);
    return bodies.length === 0 ? [] : queuesOf(connection, kind).map((queue) => ({ queue, bodies }));
  });
}

/** A queue that does not take a message usually does seconds later. */
const QUEUE_RETRY_AFTER_SECONDS = 5;

/** Undefined when everything is in its queue. What got there before a failure is sent again, and changes nothing twice. */
export async function queueAll(parcels: readonly Parcel[], send: SendOf): Promise<Refusal | undefined> {
  const failures = await Promise.all(parcels.map((parcel) => failuresOf(parcel, send)));
  const causes = [...new Set(failures.flat())];
  if (causes.length === 0) return undefined;
  return refuseForNow("queue_unavailable", "the queue did not take everything; send the same request again", {
    retryAfterSeconds: QUEUE_RETRY_AFTER_SECONDS,
    causes,
  });
}

async function failuresOf({ queue, bodies }: Parcel, send: SendOf): Promise<readonly string[]> {
  const outcomes = await send(queue, bodies);
  return bodies.flatMap((_, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === "confirmed") return [];
    if (outcome === undefined) return ["NotAnswered"];
    return [outcome.requestId ? `${outcome.code} (request ${outcome.requestId})` : outcome.code];
  });
}
