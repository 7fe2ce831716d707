import * as z from "zod";
import { isObject, type Json } from "../json.ts";

type Texts = Readonly<Record<string, string>>;

/** Written as functions: zod's record copies every member, which would cost as much as the rest of an event. */
const contextKeys = z.custom<Texts>(areTexts, "expected context keys by context kind");
const data = z.custom<Json>(isObject, "expected an object");

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
          contextKeys,
          value: z.number().optional(),
          data: data.optional(),
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

function areTexts(value: unknown): value is Texts {
  if (!isObject(value)) return false;
  let kinds = 0;
  for (const kind in value) {
    const key = value[kind];
    if (kind === "" || typeof key !== "string" || key === "") return false;
    kinds += 1;
  }
  return kinds > 0;
}
