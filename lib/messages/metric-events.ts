import * as z from "zod/mini";
import { isObject, type Json } from "../json.ts";
import { hasMembers, isCount, isListOf, isText } from "./shape.ts";

type Texts = Readonly<Record<string, string>>;

/** Both are functions, because zod's record copies every member, which would cost as much as checking the rest of an event. */
const contextKeys = z.custom<Texts>(areTexts, "expected context keys by context kind");
const data = z.custom<Json>(isObject, "expected an object");

const TEXT = "expected a text that is not empty";
const WHOLE = "expected a whole number";
const text = z.string(TEXT).check(z.minLength(1, TEXT));
const count = z.int(WHOLE).check(z.nonnegative(WHOLE));
const MEMBERS = "expected an object with the members of this version and no others";
const common = { at: z.int(WHOLE), index: count, id: text };

/** The body of a message on the metric-events queue. `id` is the event's own wherever it goes: the same id is the same event. */
export const metricEventsMessage = z.strictObject(
  {
    v: z.literal(1, "expected 1"),
    kind: z.literal("metric.events", "expected metric.events"),
    connection: text,
    acceptedAt: count,
    events: z
      .array(
        z.discriminatedUnion(
          "type",
          [
            z.strictObject(
              {
                type: z.literal("custom"),
                key: text,
                /** Context keys by context kind. */
                contextKeys,
                value: z.optional(z.number("expected a number")),
                data: z.optional(data),
                ...common,
              },
              MEMBERS,
            ),
            z.strictObject({ type: z.literal("alias"), key: text, previousKey: text, ...common }, MEMBERS),
          ],
          "expected type custom or alias",
        ),
      )
      .check(z.minLength(1, "expected at least one")),
  },
  MEMBERS,
);

export type MetricEventsMessage = z.infer<typeof metricEventsMessage>;
export type MetricEvent = MetricEventsMessage["events"][number];

/** Whether {@link metricEventsMessage} accepts the value. */
export function isMetricEventsMessage(value: unknown): value is MetricEventsMessage {
  return (
    isObject(value) &&
    value.v === 1 &&
    value.kind === "metric.events" &&
    isText(value.connection) &&
    isCount(value.acceptedAt) &&
    isListOf(value.events, isMetricEvent) &&
    hasMembers(value, 5)
  );
}

function isMetricEvent(value: unknown): value is MetricEvent {
  if (!isObject(value)) return false;
  const { type, key, at, index, id, value: number, data: properties } = value;
  if (!isText(key) || !Number.isSafeInteger(at) || !isCount(index) || !isText(id)) return false;
  if (type === "alias") return isText(value.previousKey) && hasMembers(value, 6);
  const optional = (number === undefined ? 0 : 1) + (properties === undefined ? 0 : 1);
  return (
    type === "custom" &&
    areTexts(value.contextKeys) &&
    (number === undefined || Number.isFinite(number)) &&
    (properties === undefined || isObject(properties)) &&
    hasMembers(value, 6 + optional)
  );
}

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
