import { toAscii } from "./ascii-json.ts";
import type { Erasure, ErasureRequestMessage } from "./erasure-request.ts";
import type { FlagChange, FlagQueueMessage } from "./flag-changes.ts";
import type { MetricEvent, MetricEventsMessage } from "./metric-events.ts";
import { MAX_MESSAGE_BYTES } from "./pack.ts";

/** The most that a message takes besides its items: the names are at most 63 characters, the time 16. */
const FRAME_BYTES = 200;

/** The largest item that fits a message, in bytes of JSON whose characters beyond ASCII are escaped. */
export const MAX_ITEM_BYTES = MAX_MESSAGE_BYTES - FRAME_BYTES;

/**
 * The bodies of as few messages as the items fit into, in order. `frame` is the JSON of a message with an empty list,
 * the only one in it; items are JSON whose length is its size. Where a message ends depends on the items alone, so an
 * identical retry by the vendor is cut at the same places.
 *
 * @throws {RangeError} when one item alone is too large, which those who make the items rule out.
 */
function packItems(frame: string, items: Iterable<string>): string[] {
  const [head = "", tail = ""] = frame.split("[]");
  const bodies: string[] = [];
  let open: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (open.length > 0) bodies.push(`${head}[${open.join(",")}]${tail}`);
    open = [];
    bytes = 0;
  };
  for (const item of items) {
    if (item.length > MAX_ITEM_BYTES) throw new RangeError("one item is larger than a message");
    if (bytes + item.length + 1 > MAX_ITEM_BYTES) close();
    open.push(item);
    bytes += item.length + 1;
  }
  close();
  return bodies;
}

type PackedMetrics = {
  readonly connection: string;
  /** Receipt time of the request, Unix ms. */
  readonly acceptedAt: number;
  readonly events: readonly MetricEvent[];
};

/**
 * The bodies of as few metric-events messages as the events fit into: see {@link packItems}.
 *
 * @throws {RangeError} when one event alone is too large, which the sources' limits rule out.
 */
export function packMetricEvents({ connection, acceptedAt, events }: PackedMetrics): string[] {
  const frame: MetricEventsMessage = { v: 1, kind: "metric.events", connection, acceptedAt, events: [] };
  return packItems(JSON.stringify(frame), events.map(metricEventJson));
}

/** An event as a message holds it: its length is its size. */
export function metricEventJson(event: MetricEvent): string {
  return toAscii(JSON.stringify(event));
}

/**
 * The bodies of as few messages on the flag-changes queue as the changes fit into: see {@link packItems}.
 *
 * @throws {RangeError} when one change alone is too large, which the reduction of an entry rules out.
 */
export function packFlagChanges({
  changes,
  kind = "flag.change",
  ...from
}: Omit<FlagQueueMessage, "v" | "kind" | "changes"> & {
  readonly kind?: FlagQueueMessage["kind"];
  readonly changes: readonly FlagChange[];
}): string[] {
  const frame: FlagQueueMessage = { v: 1, kind, ...from, changes: [] };
  return packItems(JSON.stringify(frame), changes.map(flagChangeJson));
}

/** A change as a message holds it: its length is its size. */
export function flagChangeJson(change: FlagChange): string {
  return toAscii(JSON.stringify(change));
}

/** The bodies of a request's erasures, one for each, in order. */
export function packErasures({
  connection,
  acceptedAt,
  requestId,
  erasures,
}: {
  readonly connection: string;
  /** Receipt time of the request, Unix ms. */
  readonly acceptedAt: number;
  readonly requestId: string;
  readonly erasures: readonly Erasure[];
}): string[] {
  return erasures.map(({ contexts }, index) => {
    const message = { v: 1, kind: "erasure.request", connection, acceptedAt, requestId, index } as const;
    return toAscii(JSON.stringify({ ...message, contexts: [...contexts] } satisfies ErasureRequestMessage));
  });
}
