import type { Closed } from "../http/breaker.ts";
import type { InTurn } from "../http/proof.ts";
import type { Fate } from "./fate.ts";
import type { Evidence, Refusal } from "./isolate.ts";
import { addItem, type ForItems } from "./open-items.ts";
import { inTurns } from "./turns.ts";

/** An event ready to be sent: its own id, and its JSON. */
export type WrittenEvent = { readonly id: string; readonly json: string };

/** Sends events to one destination. */
export type EventSender = {
  /** What this invocation has seen of the destination. */
  readonly evidence: Evidence;
  /** Whether the destination is closed. Reads its secret again if a new one may open it. */
  readonly closedNow?: () => Promise<Closed | undefined>;
  /** Runs the work of one request as soon as the destination accepts requests. Absent: at once. */
  readonly inTurn?: InTurn | undefined;
  /** Whether the next request is the probe that shows if the destination is back. */
  readonly awaitsProbe?: () => boolean;
  readonly send: (
    events: readonly WrittenEvent[],
  ) => Promise<"delivered" | Refusal | { readonly fate: Fate }>;
};

/** An event and the items of the batch that it is sent for. */
export type EventCandidate = WrittenEvent & ForItems;

/** How large a request may be. */
export type RequestLimits = {
  readonly maxEvents: number;
  /** Bytes of the events before compression. */
  readonly maxBytes: number;
  /** A message with this many events is a request of its own, for destinations whose request id follows from its events. */
  readonly ownRequestEvents?: number;
};

/** Adds a {@link WrittenEvent} of an item of the batch. */
export type AddEvent = (id: string, json: string, item: number) => void;

/** The events of a batch that go to one destination, across messages and connections, each once. */
export type Lane = {
  readonly sender: EventSender;
  /** Returns the function that adds the events of one message, which has this many items. */
  readonly startMessage: (items: number, connection: string) => AddEvent;
  /** The requests, in the order in which connections take turns; shared requests take turns as one more connection. */
  readonly requests: () => readonly (readonly EventCandidate[])[];
};

/**
 * Divides events into requests. A message of many is a request of its own where the limits say so: delivered again, it
 * is the same request. What is left goes together.
 */
export function startLane(sender: EventSender, limits: RequestLimits): Lane {
  const known = new Map<string, EventCandidate>();
  const own: OfConnection<EventCandidate[]>[] = [];
  const merged: OfConnection<EventCandidate>[] = [];
  return {
    sender,
    startMessage: (items, connection) => {
      const isOwn = items >= (limits.ownRequestEvents ?? Number.POSITIVE_INFINITY);
      const request: EventCandidate[] = [];
      if (isOwn) own.push({ connection, held: request });
      return (id, json, item) => {
        const held = known.get(id);
        if (held?.json === json) {
          addItem(held, item);
          return;
        }
        const candidate = { id, json, items: item };
        // Another event has the same id: both are sent.
        if (!held) known.set(id, candidate);
        if (isOwn) request.push(candidate);
        else merged.push({ connection, held: candidate });
      };
    },
    requests: () => {
      const together = inTurns(merged, ({ connection }) => connection).map(({ held }) => held);
      const ofOwn = own.flatMap(({ connection, held }) =>
        withinLimits(held, limits).map((request) => ({ connection, held: request })),
      );
      const ofAll = withinLimits(together, limits).map((held) => ({ connection: undefined, held }));
      return inTurns([...ofOwn, ...ofAll], ({ connection }) => connection).map(({ held }) => held);
    },
  };
}

/** `connection` decides the turn. */
type OfConnection<Held> = { readonly connection: string; readonly held: Held };

function withinLimits(
  events: readonly EventCandidate[],
  { maxEvents, maxBytes }: RequestLimits,
): EventCandidate[][] {
  const requests: EventCandidate[][] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.json) + 1;
    const open = requests.at(-1);
    if (open && open.length < maxEvents && bytes + size <= maxBytes) {
      open.push(event);
      bytes += size;
    } else {
      requests.push([event]);
      bytes = size;
    }
  }
  return requests;
}
