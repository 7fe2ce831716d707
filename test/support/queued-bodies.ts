import type { DestinationQueue, QueueKind, SendParcel } from "../../lib/connections/queues.ts";

/** The queues of a stage in memory: they confirm everything, and tell what they hold. */
export function queuedBodies() {
  const held: { readonly queue: DestinationQueue; readonly bodies: string[] }[] = [];
  const of: Record<QueueKind, string[]> = {
    "audience-operations": [],
    "metric-events": [],
    "flag-changes": [],
    erasures: [],
  };
  const bodiesFor = (queue: DestinationQueue): string[] => {
    const ofKind = held.filter((one) => one.queue.kind === queue.kind);
    const found = ofKind.find((one) => one.queue.destination === queue.destination);
    if (found) return found.bodies;
    const bodies = ofKind.length === 0 ? of[queue.kind] : [];
    held.push({ queue, bodies });
    return bodies;
  };
  const send: SendParcel = async ({ queue, bodies }) => {
    bodiesFor(queue).push(...bodies);
    return bodies.map(() => ({ kind: "confirmed" }));
  };
  return {
    send,
    held,
    /** What the first destination of each kind was sent: the others get the same. */
    of,
  };
}
