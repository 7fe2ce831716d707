import { MAX_BYTES, MAX_EVENTS, OWN_REQUEST_EVENTS } from "./limits.ts";
import type { EventSender, WrittenEvent } from "./request.ts";

/** An event and the items of the batch that it stands for. */
export type EventCandidate = WrittenEvent & { readonly items: number[] };

/** The events of one environment in a batch, over messages and connections: each id once. */
export type Lane = {
  readonly sender: EventSender;
  /** Adds the events of one message. */
  readonly add: (events: readonly (WrittenEvent & { readonly item: number })[]) => void;
  readonly requests: () => readonly (readonly EventCandidate[])[];
};

/**
 * Divides events into requests. A message of many is a request of its own: delivered again, it is the same request
 * under the same payload id. What is left of small messages goes together.
 */
export function startLane(sender: EventSender): Lane {
  const known = new Map<string, EventCandidate>();
  const own: EventCandidate[][] = [];
  const merged: EventCandidate[] = [];
  return {
    sender,
    add: (events) => {
      const fresh: EventCandidate[] = [];
      for (const { id, json, item } of events) {
        const held = known.get(id);
        if (held?.json === json) {
          held.items.push(item);
          continue;
        }
        const candidate = { id, json, items: [item] };
        // The id of another event that is still not this one: both are sent.
        if (!held) known.set(id, candidate);
        fresh.push(candidate);
      }
      if (events.length >= OWN_REQUEST_EVENTS) own.push(fresh);
      else merged.push(...fresh);
    },
    requests: () => [...own, merged].flatMap(withinLimits),
  };
}

function withinLimits(events: readonly EventCandidate[]): EventCandidate[][] {
  const requests: EventCandidate[][] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.json) + 1;
    const open = requests.at(-1);
    if (open && open.length < MAX_EVENTS && bytes + size <= MAX_BYTES) {
      open.push(event);
      bytes += size;
    } else {
      requests.push([event]);
      bytes = size;
    }
  }
  return requests;
}
