import type { QueueOutcome } from "../delivery/settle-queues.ts";
import type { Connection, Connections } from "./schema.ts";

/** The kinds of queues, by the messages that they carry. One function reads all queues of a kind. */
export const QUEUE_KINDS = ["audience-operations", "metric-events", "flag-changes", "erasures"] as const;

export type QueueKind = (typeof QUEUE_KINDS)[number];

/**
 * A queue and its destination: an environment of `launchdarkly` or a project of `posthog`, by its name in connections.yml. Of
 * erasures there is one queue, as each concerns {@link EVERYWHERE}.
 */
export type DestinationQueue = { readonly kind: QueueKind; readonly destination: string };

/** The destination of erasures. */
export const EVERYWHERE = "everywhere";

/** The messages that a connection sends to a queue. SQS's fair queues balance between connections. */
export type Parcel = {
  readonly queue: DestinationQueue;
  readonly connection: string;
  readonly bodies: readonly string[];
};

/** Puts a parcel on its queue. One outcome per body, in order; only `confirmed` bodies are in it. Never rejects. */
export type SendParcel = (parcel: Parcel) => Promise<readonly QueueOutcome[]>;

/** A queue's name with this suffix is the name of its dead-letter queue. */
export const DEAD_LETTERS = "-dead-letters";

/** Returns the queue's name without the prefix of the stage (`flagbridge-prod-`). */
export function queueNameOf({ kind, destination }: DestinationQueue): string {
  return kind === "erasures" ? kind : `${kind}-${destination}`;
}

/** The queue of this name, without the prefix of the stage; undefined for a name that no queue has. */
export function queueNamed(name: string): DestinationQueue | undefined {
  const kind = QUEUE_KINDS.find((one) => name === one || name.startsWith(`${one}-`));
  if (kind === undefined) return undefined;
  const destination = kind === "erasures" ? EVERYWHERE : name.slice(kind.length + 1);
  return destination !== "" && queueNameOf({ kind, destination }) === name
    ? { kind, destination }
    : undefined;
}

/**
 * Returns one queue for each kind of message and each destination that a connection sends it to, in the order of the
 * connections. With a queue of its own, a failing destination delays only its own messages.
 */
export function destinationQueues({ connections }: Pick<Connections, "connections">): DestinationQueue[] {
  const queues = new Map<string, DestinationQueue>();
  for (const connection of Object.values(connections))
    for (const kind of QUEUE_KINDS)
      for (const queue of queuesOf(connection, kind)) queues.set(queueNameOf(queue), queue);
  return [...queues.values()];
}

/** Returns the queues of one kind that a connection sends to. */
export function queuesOf(connection: Connection, kind: QueueKind): readonly DestinationQueue[] {
  const to = {
    "audience-operations": connection.audiences.to,
    "metric-events": connection.metrics?.to ?? [],
    "flag-changes": connection.posthog?.to ?? [],
    erasures: connection.erasures ? [EVERYWHERE] : [],
  } satisfies Record<QueueKind, readonly string[]>;
  return [...new Set(to[kind])].map((destination) => ({ kind, destination }));
}
