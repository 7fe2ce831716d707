import type { FlagChange, FlagQueueMessage } from "../../lib/messages/flag-changes.ts";
import { packFlagChanges } from "../../lib/messages/pack-items.ts";

type Origin = Pick<FlagQueueMessage, "connection" | "acceptedAt" | "isHistorical">;
type Owed = { readonly change: FlagChange; readonly items: number[] };

/** Changes of a batch that are annotated once every project has their event. */
export type OwedAnnotations = {
  readonly add: (origin: Origin, change: FlagChange, item: number) => void;
  /** The event of this item was not delivered: its annotation is owed by the attempt that delivers it. */
  readonly forget: (item: number) => void;
  /** Queues messages that ask for the annotations, and gives the items whose annotations the queue did not take. */
  readonly handOver: (
    queue: (bodies: readonly string[]) => Promise<readonly boolean[]>,
  ) => Promise<readonly number[]>;
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
    handOver: async (queue) => {
      const messages = [...groups.values()].flatMap(({ origin, byId }) => {
        const owed = [...byId.values()].filter(({ items }) => items.some((item) => !forgotten.has(item)));
        const changes = owed.map(({ change }) => change);
        const bodies = packFlagChanges({ ...origin, kind: "flag.annotation", changes });
        const items = owed.flatMap((one) => one.items).filter((item) => !forgotten.has(item));
        return bodies.map((body) => ({ body, items }));
      });
      if (messages.length === 0) return [];
      const confirmed = await queue(messages.map(({ body }) => body));
      return [...new Set(messages.flatMap(({ items }, at) => (confirmed[at] ? [] : items)))];
    },
  };
}
