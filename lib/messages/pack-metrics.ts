import { toAscii } from "./ascii-json.ts";
import type { MetricEvent, MetricEventsMessage } from "./metric-events.ts";
import { packItems } from "./pack-items.ts";

export type PackedMetrics = {
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
