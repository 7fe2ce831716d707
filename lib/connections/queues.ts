import type { QueueOutcome } from "../delivery/settle-queues.ts";
import type { Connection, Connections } from "./schema.ts";

/** What a queue carries: the name of each kind of queue, and of the function that reads all of them. */
export const QUEUE_KINDS = ["audience-operations", "metric-events", "flag-changes"] as const;

export type QueueKind = (typeof QUEUE_KINDS)[number];

/** A queue and whom it is for: an environment of `launchdarkly`, or a project of `posthog`, by its name in connections.yml. */
export type DestinationQueue = { readonly kind: QueueKind; readonly destination: string };

/** What a connection sends to a queue: SQS's fair queues go by the connection. */
export type Parcel = {
  readonly queue: DestinationQueue;
  readonly connection: string;
  readonly bodies: readonly string[];
};

/** Puts a parcel on its queue. One outcome per body, in order: only what is `confirmed` is in the queue. Never rejects. */
export type SendParcel = (parcel: Parcel) => Promise<readonly QueueOutcome[]>;

/** Behind a queue's name, that of its dead-letter queue. */
export const DEAD_LETTERS = "-dead-letters";

/** The queue's name without what stands before every name of a stage (`flagbridge-prod-`). */
export function queueNameOf({ kind, destination }: DestinationQueue): string {
  return `${kind}-${destination}`;
}

/**
 * A queue for each kind of message and each destination that a connection sends it to, each once, in the order of the
 * connections: a destination that fails holds up its own messages and no others.
 */
export function destinationQueues({ connections }: Pick<Connections, "connections">): DestinationQueue[] {
  const queues = new Map<string, DestinationQueue>();
  for (const connection of Object.values(connections))
    for (const kind of QUEUE_KINDS)
      for (const queue of queuesOf(connection, kind)) queues.set(queueNameOf(queue), queue);
  return [...queues.values()];
}

/** The queues of one kind that what a connection brings goes to. */
export function queuesOf(connection: Connection, kind: QueueKind): readonly DestinationQueue[] {
  const to = {
    "audience-operations": connection.audiences.to,
    "metric-events": connection.metrics?.to ?? [],
    "flag-changes": connection.posthog?.to ?? [],
  } satisfies Record<QueueKind, readonly string[]>;
  return [...new Set(to[kind])].map((destination) => ({ kind, destination }));
}
