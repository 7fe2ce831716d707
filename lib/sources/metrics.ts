import type { MetricsSettings } from "../connections/schema.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { MetricEvent } from "../messages/metric-events.ts";
import { MAX_ITEM_BYTES, metricEventJson } from "../messages/pack-items.ts";
import { contextKeyOf, NOT_UNICODE } from "./context.ts";
import { fault, type ItemFault, ignored, isAbsent, type Meaning } from "./items.ts";
import { fitsAsJson, versionId } from "./limits.ts";
import type { IgnoredKind, SourceRequest } from "./source.ts";
import { readTime, settleTime, TIME_EXPECTED } from "./time.ts";

/** Says what a Segment-style call means for the connection's metrics. */
export function metricMeaning(
  event: Json,
  type: "track" | "identify" | "alias",
  index: number,
  { request, aheadMs }: { readonly request: SourceRequest; readonly aheadMs: number },
): Meaning {
  const { metrics } = request.connection;
  if (!metrics || (type !== "track" && !metrics.alias)) return ignored(kindOf(type));
  const atMs = timeOf(event, request.receivedAtMs, aheadMs);
  if (typeof atMs !== "number") return atMs;
  const id = eventId(event.messageId, "messageId", event, { atMs, index, digest: request.digest });
  if (typeof id !== "string") return id;
  if (type !== "track") return aliasMeaning({ event, atMs, index, id }, type);
  const find = (name: string) => valueAt(event, name);
  const { event: name, properties } = event;
  return trackMeaning({ ...SEGMENT_STYLE, name, properties, find, atMs, index, id }, metrics);
}

/** The ignored kind of a call that makes no metric event, because the connection sends none of its type. */
function kindOf(type: "track" | "identify" | "alias"): IgnoredKind {
  if (type === "alias") return "alias";
  return type === "track" ? "track_without_metrics" : "identify_without_audience";
}

/** The meaning of an event that was built or refused. */
export function asMeaning(made: MetricEvent | ItemFault): Meaning {
  return "kind" in made ? made : { kind: "event", event: made };
}

/**
 * The id of an event: the vendor's own, which is the same on every retry. Without one it is a digest of the item, its time
 * and its place, so that equal events in one request, or in two requests without a time, count as two.
 */
export function eventId(
  given: unknown,
  field: string,
  item: Json,
  { atMs, index, digest }: Place,
): string | ItemFault {
  if (typeof given === "string" && given !== "") return versionId(given, digest);
  if (!isAbsent(given) && given !== "") return fault("invalid_item", field, "expected a text");
  const text = jsonText(item);
  if (text === undefined) return fault("invalid_item", "", "expected an event that is not nested as deeply");
  return `${digest(text)}@${atMs}#${index}`;
}

type Place = { readonly atMs: number; readonly index: number; readonly digest: SourceRequest["digest"] };

function timeOf(event: Json, receivedAtMs: number, aheadMs: number): number | ItemFault {
  const field = isAbsent(event.timestamp) ? "originalTimestamp" : "timestamp";
  const time = readTime(event[field]);
  if (time === "invalid") return fault("invalid_timestamp", field, TIME_EXPECTED);
  return time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, aheadMs);
}

/** Legacy: the anonymous id that a user had before. An identify call without one is an ordinary call. */
function aliasMeaning({ event, atMs, index, id }: AliasCall, type: "identify" | "alias"): Meaning {
  const { userId, previousId, anonymousId } = event;
  const previousField = isAbsent(previousId) ? "anonymousId" : "previousId";
  const previous = isAbsent(previousId) ? anonymousId : previousId;
  const isMissing = (value: unknown): boolean => isAbsent(value) || value === "";
  if (type === "identify" && (isMissing(userId) || isMissing(previous))) return ignored(kindOf(type));
  if (isMissing(userId)) return fault("missing_context_key", "userId", "expected a text that is not empty");
  if (isMissing(previous))
    return fault("missing_context_key", "previousId", "expected a text that is not empty");
  const key = contextKeyOf(userId, "userId");
  if (typeof key !== "string") return key;
  const previousKey = contextKeyOf(previous, previousField);
  if (typeof previousKey !== "string") return previousKey;
  return asMeaning({ type: "alias", key, previousKey, at: atMs, index, id });
}

type AliasCall = {
  readonly event: Json;
  readonly atMs: number;
  readonly index: number;
  readonly id: string;
};

/** What a source has read from a call that may become a metric event. */
export type TrackCall = {
  readonly name: unknown;
  readonly properties: unknown;
  /** Returns the value under a name of `metrics.contextKeys`. */
  readonly find: (name: string) => unknown;
  readonly atMs: number;
  readonly index: number;
  readonly id: string;
} & CallShape;

/** Where the parts of a source's calls are, so that a rejection names the field as the sender knows it. */
export type CallShape = {
  readonly nameField: string;
  readonly propertiesField: string;
  /** Returns the path of a name of `metrics.contextKeys`. */
  readonly fieldOf: (name: string) => string;
  /** Returns the names for each context kind of a connection that lists none. */
  readonly defaultKeys: (contextKind: string) => Readonly<Record<string, readonly string[]>>;
};

/**
 * The default is that of Segment's own destination: the connection's kind gets the user id, else the anonymous id, and
 * `unauthenticatedUser` gets the anonymous id, so that a conversion after login still counts for who saw the flag before.
 */
export const SEGMENT_STYLE: CallShape = {
  nameField: "event",
  propertiesField: "properties",
  fieldOf: (name) => name,
  defaultKeys: (contextKind) => ({
    unauthenticatedUser: ["anonymousId"],
    [contextKind]: ["userId", "anonymousId"],
  }),
};

/**
 * Returns the metric event of a track call, unless the connection excludes its name. The event key is exactly the event's
 * name, because LaunchDarkly compares it with the metric's event key.
 */
export function trackMeaning(call: TrackCall, metrics: MetricsSettings): Meaning {
  const { name, properties, nameField, propertiesField, atMs, index, id } = call;
  if (typeof name !== "string" || name === "")
    return fault("invalid_item", nameField, "expected a text that is not empty");
  if (!isSelected(name, metrics)) return ignored("track_not_selected");
  if (!name.isWellFormed()) return fault("invalid_item", nameField, NOT_UNICODE);
  if (!isAbsent(properties) && !isObject(properties))
    return fault("invalid_item", propertiesField, "expected an object");
  const contextKeys = contextKeysOf(call, metrics);
  if ("kind" in contextKeys) return contextKeys;
  const noUserKey = userKeyFault(contextKeys.found, metrics);
  if (noUserKey) return noUserKey;
  const value = valueIn(properties ?? {}, metrics);
  const data = dataOf(properties ?? {}, metrics);
  const made = withinSize({
    type: "custom",
    key: keyOf(name, metrics),
    contextKeys: contextKeys.found,
    at: atMs,
    index,
    id,
    ...(value !== undefined && { value }),
    ...(data && { data }),
  });
  return asMeaning(made);
}

/** The older schema has one key, of the connection's kind. A key of another kind would count for somebody else. */
export function userKeyFault(
  contextKeys: Readonly<Record<string, string>>,
  { eventSchema, contextKind }: MetricsSettings,
): ItemFault | undefined {
  if (eventSchema !== 3 || Object.hasOwn(contextKeys, contextKind)) return undefined;
  return fault(
    "missing_context_key",
    "",
    `expected a context key of kind ${contextKind}, which eventSchema 3 sends`,
  );
}

/** Says whether the connection's `only` and `except` select events of this name. */
export function isSelected(name: string, { only, except }: MetricsSettings): boolean {
  return (only === undefined || only.includes(name)) && !except?.includes(name);
}

/** Returns the event key for an event name: the name itself, unless the connection renames it. */
export function keyOf(name: string, { rename }: MetricsSettings): string {
  return Object.hasOwn(rename, name) ? (rename[name] ?? name) : name;
}

/** Refuses an event that is too large for a message. Cutting it would send wrong properties. */
export function withinSize(event: MetricEvent): MetricEvent | ItemFault {
  // The limit is far below the depth at which JSON.stringify fails: a function must serialize the event again.
  if (!isWithinDepth(event, MAX_DEPTH))
    return fault("invalid_item", "", `expected properties nested at most ${MAX_DEPTH} deep`);
  // Escaping turns two bytes of UTF-8 into six at most. Few events come near the limit, and measuring costs as much as sending.
  if (fitsAsJson(event, MAX_ITEM_BYTES / 3)) return event;
  if (metricEventJson(event).length <= MAX_ITEM_BYTES) return event;
  return fault("item_too_large", "", `expected at most ${MAX_ITEM_BYTES} bytes an event`);
}

const MAX_DEPTH = 100;

function isWithinDepth(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  for (const member of Object.values(value)) if (!isWithinDepth(member, depth - 1)) return false;
  return true;
}

/** Returns the first of revenue, value and the connection's own property that is a number. */
function valueIn(properties: Json, { value, numericStrings }: MetricsSettings): number | undefined {
  for (const name of ["revenue", "value", ...(value === undefined ? [] : [value])]) {
    const number = numberOf(Object.hasOwn(properties, name) ? properties[name] : undefined, numericStrings);
    if (number !== undefined) return number;
  }
  return undefined;
}

/** Reads a number, or with `numericStrings` a text that contains only a number. */
export function numberOf(value: unknown, numericStrings: boolean): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (!numericStrings || typeof value !== "string" || value.length > MAX_NUMBER_CHARS || !NUMBER.test(value))
    return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** No meaningful number is longer. */
const MAX_NUMBER_CHARS = 64;
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** Returns the properties that the connection sends as the event's data. */
export function dataOf(properties: Json, { data }: MetricsSettings): Json | undefined {
  if (data === true) return properties;
  if (data === false) return undefined;
  return Object.fromEntries(
    data.flatMap((name) => (Object.hasOwn(properties, name) ? [[name, properties[name]]] : [])),
  );
}

/** Returns the key of each context kind that the call has; one at least. */
function contextKeysOf(
  { find, fieldOf, defaultKeys }: TrackCall,
  { contextKind, contextKeys }: MetricsSettings,
): { readonly found: Readonly<Record<string, string>> } | ItemFault {
  const sources = contextKeys ?? defaultKeys(contextKind);
  const found: Record<string, string> = {};
  for (const [kind, names] of Object.entries(sources)) {
    const name = names.find((one) => !isAbsent(find(one)) && find(one) !== "");
    if (name === undefined) continue;
    const key = contextKeyOf(find(name), fieldOf(name));
    if (typeof key !== "string") return key;
    found[kind] = key;
  }
  if (Object.keys(found).length > 0) return { found };
  const fields = [...new Set(Object.values(sources).flat().map(fieldOf))];
  return fault("missing_context_key", "", `expected one of ${fields.join(", ")}`);
}

/** Looks up a name of `metrics.contextKeys` in a Segment-style call: `userId`, or a path like `properties.storeId`. */
export function valueAt(event: Json, name: string): unknown {
  let value: unknown = event;
  for (const step of name.split("."))
    value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return value;
}
