import { toAscii } from "./ascii-json.ts";
import type { MetricEvent, MetricEventsMessage } from "./metric-events.ts";
import { MAX_MESSAGE_BYTES } from "./pack.ts";

export type PackedMetrics = {
  readonly connection: string;
  /** Receipt time of the request, Unix ms. */
  readonly acceptedAt: number;
  readonly events: readonly MetricEvent[];
};

/** The most that a message takes besides its events: the names are at most 63 characters, the time 16. */
const FRAME_BYTES = 200;

/** The largest event that fits a message, in bytes of JSON whose characters beyond ASCII are escaped. */
export const MAX_METRIC_EVENT_BYTES = MAX_MESSAGE_BYTES - FRAME_BYTES;

/**
 * The bodies of as few metric-events messages as the events fit into, in order. Where one ends depends on the events
 * alone, so an identical retry by the vendor is cut at the same places.
 *
 * @throws {RangeError} when one event alone is too large, which the sources' limits rule out.
 */
export function packMetricEvents({ connection, acceptedAt, events }: PackedMetrics): string[] {
  const frame: MetricEventsMessage = { v: 1, kind: "metric.events", connection, acceptedAt, events: [] };
  const [head = "", tail = ""] = JSON.stringify(frame).split("[]");
  const bodies: string[] = [];
  let open: string[] = [];
  let bytes = 0;
  for (const event of events) {
    const json = metricEventJson(event);
    if (json.length > MAX_METRIC_EVENT_BYTES) throw new RangeError("one event is larger than a message");
    if (bytes + json.length + 1 > MAX_METRIC_EVENT_BYTES && open.length > 0) {
      bodies.push(`${head}[${open.join(",")}]${tail}`);
      open = [];
      bytes = 0;
    }
    open.push(json);
    bytes += json.length + 1;
  }
  if (open.length > 0) bodies.push(`${head}[${open.join(",")}]${tail}`);
  return bodies;
}

/** An event as a message holds it: its length is its size. */
export function metricEventJson(event: MetricEvent): string {
  return toAscii(JSON.stringify(event));
}
