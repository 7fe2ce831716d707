import { type Fate, retryWithBackoff } from "../../lib/delivery/fate.ts";
import { invalidItem, madeOf } from "../../lib/delivery/item-step.ts";
import type { FlagChange, FlagQueueMessage } from "../../lib/messages/flag-changes.ts";
import { flagChangeJson, MAX_ITEM_BYTES, packFlagChanges } from "../../lib/messages/pack-items.ts";

type Origin = Pick<FlagQueueMessage, "connection" | "acceptedAt" | "isHistorical">;
type Owed = { readonly change: FlagChange; readonly items: number[] };

/** Puts a connection's messages on the queue that the batch came from; answers one by one whether it has them. */
export type QueueAnnotations = (connection: string, bodies: readonly string[]) => Promise<readonly boolean[]>;

/** Changes of a batch that are annotated once the project has their event. */
export type OwedAnnotations = {
  readonly add: (origin: Origin, change: FlagChange, item: number) => void;
  /** The event of this item was not delivered: its annotation is owed by the attempt that delivers it. */
  readonly forget: (item: number) => void;
  /** Queues messages that ask for the annotations, and settles the items whose annotations are in none. */
  readonly handOver: (queue: QueueAnnotations, settle: (item: number, fate: Fate) => void) => Promise<void>;
};

export function startOwedAnnotations(): OwedAnnotations {
  const groups = new Map<string, { origin: Origin; readonly byId: Map<string, Owed> }>();
  const forgotten = new Set<number>();
  return {
    add: (origin, change, item) => {
      const key = JSON.stringify([origin.connection, origin.isHistorical]);
      const group = groups.get(key) ?? { origin, byId: new Map<string, Owed>() };
      groups.set(key, group);
      // What shares a message is as old as the oldest of it.
      if (origin.acceptedAt < group.origin.acceptedAt) group.origin = origin;
      const held = group.byId.get(change.id);
      if (held) held.items.push(item);
      else group.byId.set(change.id, { change, items: [item] });
    },
    forget: (item) => forgotten.add(item),
    handOver: async (queue, settle) => {
      for (const { origin, byId } of groups.values()) {
        const owed = [...byId.values()].filter(({ change, items }) => {
          const open = items.filter((item) => !forgotten.has(item));
          if (open.length === 0 || fitsMessage(change)) return open.length > 0;
          for (const item of open) settle(item, tooLargeToAnnotate);
          return false;
        });
        const changes = owed.map(({ change }) => change);
        if (changes.length === 0) continue;
        const bodies = packFlagChanges({ ...origin, kind: "flag.annotation", changes });
        const confirmed = await queue(origin.connection, bodies);
        if (bodies.every((_, at) => confirmed[at])) continue;
        for (const { items } of owed)
          for (const item of items) if (!forgotten.has(item)) settle(item, annotationNotQueued);
      }
    },
  };
}

/** Ingest makes none that does not; packed with others it would stop them. */
function fitsMessage(change: FlagChange): boolean {
  const json = madeOf(() => flagChangeJson(change));
  return json.kind === "made" && json.value.length <= MAX_ITEM_BYTES;
}

/** Its event is delivered. */
const tooLargeToAnnotate = invalidItem(
  `expected a change of at most ${MAX_ITEM_BYTES} bytes, as its annotation is asked for by a message.`,
);

/** The event is sent again with it, and is the same event. */
const annotationNotQueued = retryWithBackoff("annotation-not-queued");
