import * as z from "zod";
import { contextKind, object, requiredContextKey, segmentId, segmentName, text, time } from "./parts.ts";

const operation = z.strictObject({
  segment: z.strictObject({ id: segmentId, name: segmentName.min(1).nullish() }),
  contextKind: contextKind.nullish(),
  contextKey: requiredContextKey,
  action: z.enum(["add", "remove"]),
  at: time.nullish(),
  id: z.string().nullish().describe("The same on every repetition"),
});

const metricEvent = z.strictObject({
  key: text.describe("Event key of the metric"),
  contextKeys: z.record(contextKind, requiredContextKey).describe("A context key by context kind"),
  at: time.nullish(),
  value: z
    .union([z.number(), z.string()])
    .nullish()
    .describe("A text only where the connection says metrics.numericStrings"),
  data: object.nullish(),
  id: z.string().nullish().describe("The same on every repetition"),
});

const writeKey = z.unknown().optional().describe("For senders that cannot set Authorization");
const audienceOperations = z.array(operation);
const metricEvents = z.array(metricEvent);
const erasures = z
  .array(z.strictObject({ contextKind: contextKind.nullish(), contextKey: requiredContextKey }))
  .describe("People to erase; only where the connection says erasures: true");
const some = {
  audienceOperations: audienceOperations.nullish(),
  metricEvents: metricEvents.nullish(),
  erasures: erasures.nullish(),
  writeKey,
};

/** Flagbridge's own format: one of the lists at least, and nothing else. */
export const flagbridge = z.union([
  z.strictObject({ ...some, audienceOperations }),
  z.strictObject({ ...some, metricEvents }),
  z.strictObject({ ...some, erasures }),
]);
