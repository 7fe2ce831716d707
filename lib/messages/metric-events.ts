import * as z from "zod";

const common = { at: z.int(), index: z.int().nonnegative(), id: z.string().min(1) };

/** The body of a message on the metric-events queue. `id` is the event's own wherever it goes: the same id is the same event. */
export const metricEventsMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal("metric.events"),
  connection: z.string().min(1),
  acceptedAt: z.int().nonnegative(),
  events: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({
          type: z.literal("custom"),
          key: z.string().min(1),
          /** Context keys by context kind. */
          contextKeys: z.record(z.string().min(1), z.string().min(1)),
          value: z.number().optional(),
          data: z.record(z.string(), z.unknown()).optional(),
          ...common,
        }),
        z.strictObject({
          type: z.literal("alias"),
          key: z.string().min(1),
          previousKey: z.string().min(1),
          ...common,
        }),
      ]),
    )
    .min(1),
});

export type MetricEventsMessage = z.infer<typeof metricEventsMessage>;
export type MetricEvent = MetricEventsMessage["events"][number];
