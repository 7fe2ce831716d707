import { onlyContextKind } from "../connections/integrations.ts";
import { SOURCE_TRAITS } from "../connections/source-traits.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { Action } from "../messages/operation.ts";
import { audienceIn, operationOn } from "./audience.ts";
import { contextKeyOf, contextKindOf, NOT_UNICODE, segmentTextOf } from "./context.ts";
import { erasureFault } from "./erasures.ts";
import { fault, type ItemFault, ignored, isAbsent, type Meaning, parseItems } from "./items.ts";
import { versionId } from "./limits.ts";
import {
  asMeaning,
  dataOf,
  eventId,
  isSelected,
  keyOf,
  numberOf,
  userKeyFault,
  withinSize,
} from "./metrics.ts";
import type { Parsed, Source, SourceRequest } from "./source.ts";
import { readTime, settleTime, TIME_EXPECTED } from "./time.ts";

/**
 * Flagbridge's own format, for every sender without an adapter:
 * `{"audienceOperations":[{"segment":{"id","name"?},"contextKind"?,"contextKey","action":"add"|"remove","at"?,"id"?}],"metricEvents":[…],"erasures":[{"contextKind"?,"contextKey"}]}`.
 * It refuses unknown names: a misspelt `at` or `contextKind` would silently change the wrong member.
 */
export const flagbridge: Source = {
  parse: parseFlagbridge,
};

const LISTS = ["audienceOperations", "metricEvents", "erasures"] as const;
/** A sender that cannot set headers authenticates with `writeKey`. */
const BODY_FIELDS: ReadonlySet<string> = new Set([...LISTS, "writeKey"]);
const OPERATION_FIELDS: ReadonlySet<string> = new Set([
  "segment",
  "contextKind",
  "contextKey",
  "action",
  "at",
  "id",
]);
const ERASURE_FIELDS: ReadonlySet<string> = new Set(["contextKind", "contextKey"]);
const SEGMENT_FIELDS: ReadonlySet<string> = new Set(["id", "name"]);

function parseFlagbridge(request: SourceRequest): Parsed {
  const { body } = request;
  if (!isObject(body)) return { kind: "malformed", message: "expected a JSON object" };
  if (hasOther(body, BODY_FIELDS) || LISTS.every((list) => isAbsent(body[list]))) {
    // Who takes no erasures need not be told of them.
    const lists = LISTS.filter((list) => list !== "erasures" || request.connection.erasures);
    return { kind: "malformed", message: `expected ${lists.join(" or ")}, and nothing else` };
  }
  const { audienceOperations, metricEvents, erasures } = body;
  if (!isAbsent(audienceOperations) && !Array.isArray(audienceOperations))
    return notAList("audienceOperations");
  if (!isAbsent(metricEvents) && !Array.isArray(metricEvents)) return notAList("metricEvents");
  if (!isAbsent(erasures) && !Array.isArray(erasures)) return notAList("erasures");

  const operations: readonly unknown[] = audienceOperations ?? [];
  const only = onlyContextKind(request.connection.audiences, SOURCE_TRAITS.flagbridge.integration);
  const events: readonly unknown[] = metricEvents ?? [];
  const firstEvent = operations.length;
  const firstErasure = firstEvent + events.length;
  // The indexes of rejections count through all lists, operations first and erasures last.
  return parseItems(
    [...operations, ...events, ...(erasures ?? [])],
    (index) => {
      if (index < firstEvent) return `audienceOperations[${index}]`;
      return index < firstErasure
        ? `metricEvents[${index - firstEvent}]`
        : `erasures[${index - firstErasure}]`;
    },
    (item, index) => {
      if (index < firstEvent) return operationOf(item, index, request, only);
      return index < firstErasure ? eventOf(item, index, request) : erasureOf(item, request);
    },
  );
}

function erasureOf(item: unknown, request: SourceRequest): Meaning {
  const refused = erasureFault(request);
  if (refused) return refused;
  if (!isObject(item)) return fault("invalid_item", "", "expected an object");
  if (hasOther(item, ERASURE_FIELDS))
    return fault("invalid_item", "", `expected only ${[...ERASURE_FIELDS].join(", ")}`);
  const context = contextIn(item, undefined);
  if ("code" in context) return context;
  const { contextKind: kind = request.connection.audiences.contextKind, contextKey: key } = context;
  return { kind: "erasure", erasure: { contexts: [{ kind, key }] } };
}

/** The context that an item names; `only` is the one kind that it may have. */
function contextIn(
  { contextKind, contextKey }: Json,
  only: string | undefined,
): { readonly contextKind: string | undefined; readonly contextKey: string } | ItemFault {
  const kind = isAbsent(contextKind) ? undefined : contextKindOf(contextKind, "contextKind", only);
  if (typeof kind === "object") return kind;
  if (isAbsent(contextKey) || contextKey === "")
    return fault("missing_context_key", "contextKey", "expected a text that is not empty");
  const key = contextKeyOf(contextKey, "contextKey");
  return typeof key === "string" ? { contextKind: kind, contextKey: key } : key;
}

const EVENT_FIELDS: ReadonlySet<string> = new Set(["key", "contextKeys", "at", "value", "data", "id"]);

function eventOf(
  item: unknown,
  index: number,
  { connection: { metrics }, ...request }: SourceRequest,
): Meaning {
  if (!metrics) return NO_METRICS;
  if (!isObject(item)) return fault("invalid_item", "", "expected an object");
  if (hasOther(item, EVENT_FIELDS))
    return fault("invalid_item", "", `expected only ${[...EVENT_FIELDS].join(", ")}`);
  const { key, value, data } = item;
  if (typeof key !== "string" || key === "")
    return fault("invalid_item", "key", "expected a text that is not empty");
  if (!isSelected(key, metrics)) return ignored("event_not_selected");
  if (!key.isWellFormed()) return fault("invalid_item", "key", NOT_UNICODE);
  const contextKeys = contextKeysOf(item.contextKeys);
  if ("kind" in contextKeys) return contextKeys;
  const noUserKey = userKeyFault(contextKeys.found, metrics);
  if (noUserKey) return noUserKey;
  const number = isAbsent(value) ? undefined : numberOf(value, metrics.numericStrings);
  if (number === undefined && !isAbsent(value)) return fault("invalid_item", "value", "expected a number");
  if (!isAbsent(data) && !isObject(data)) return fault("invalid_item", "data", "expected an object");
  const time = readTime(item.at);
  if (time === "invalid") return fault("invalid_timestamp", "at", TIME_EXPECTED);
  const atMs = timeOf(time, request);
  const id = eventId(item.id, "id", item, { atMs, index, digest: request.digest });
  if (typeof id !== "string") return id;
  const sent = isAbsent(data) ? undefined : dataOf(data, metrics);
  const made = withinSize({
    type: "custom",
    key: keyOf(key, metrics),
    contextKeys: contextKeys.found,
    at: atMs,
    index,
    id,
    ...(number !== undefined && { value: number }),
    ...(sent && { data: sent }),
  });
  return asMeaning(made);
}

function contextKeysOf(value: unknown): { readonly found: Readonly<Record<string, string>> } | ItemFault {
  if (!isObject(value) || Object.keys(value).length === 0)
    return fault(
      "missing_context_key",
      "contextKeys",
      "expected an object with a context key by context kind",
    );
  const found: Record<string, string> = {};
  for (const [kind, key] of Object.entries(value)) {
    const known = contextKindOf(kind, "contextKeys", undefined);
    if (typeof known !== "string") return known;
    if (key === "") return fault("missing_context_key", "contextKeys", "expected texts that are not empty");
    const text = contextKeyOf(key, "contextKeys");
    if (typeof text !== "string") return text;
    found[known] = text;
  }
  return { found };
}

const NO_METRICS = fault(
  "metrics_not_configured",
  "",
  "this connection has no metrics, so it takes no metric events",
);

const NO_AUDIENCES = fault(
  "audiences_not_configured",
  "",
  "this connection has no audiences, so it takes no operations",
);

function notAList(field: string): Parsed {
  return { kind: "malformed", message: `${field}: expected a list` };
}

function operationOf(
  item: unknown,
  index: number,
  request: SourceRequest,
  only: string | undefined,
): Meaning {
  if (request.connection.audiences.to.length === 0) return NO_AUDIENCES;
  if (!isObject(item)) return fault("invalid_item", "", "expected an object");
  if (hasOther(item, OPERATION_FIELDS))
    return fault("invalid_item", "", `expected only ${[...OPERATION_FIELDS].join(", ")}`);
  const segment = segmentOf(item.segment);
  if ("kind" in segment) return segment;
  const audience = audienceIn(request, segment);
  if (audience.kind === "ignored") return audience;
  const context = contextIn(item, only);
  if ("code" in context) return context;
  if (!isAction(item.action)) return fault("unknown_membership", "action", 'expected "add" or "remove"');
  const time = readTime(item.at);
  if (time === "invalid") return fault("invalid_timestamp", "at", TIME_EXPECTED);
  const id = idOf(item, request);
  if (typeof id !== "string") return id;

  const version = [timeOf(time, request), request.receivedAtMs, index, id] as const;
  return operationOn(audience, { ...context, action: item.action, version });
}

/**
 * A signed request that somebody sends again must not count as newer than later changes. The signature's time may be
 * minutes ahead of ours, so it is corrected like any other: otherwise it would win against later changes for that long.
 */
function timeOf(
  time: number | "absent",
  { signedAtMs, receivedAtMs }: Pick<SourceRequest, "signedAtMs" | "receivedAtMs">,
): number {
  return settleTime(time === "absent" ? (signedAtMs ?? receivedAtMs) : time, receivedAtMs, 0);
}

function segmentOf(value: unknown): { readonly id: string; readonly name: string } | ItemFault {
  if (!isObject(value)) return fault("invalid_segment", "segment", "expected an object with id and name");
  if (hasOther(value, SEGMENT_FIELDS))
    return fault("invalid_segment", "segment", "expected only id and name");
  const id = segmentTextOf(value.id, "segment.id");
  if (typeof id !== "string") return id;
  const name = isAbsent(value.name) ? id : segmentTextOf(value.name, "segment.name");
  return typeof name === "string" ? { id, name } : name;
}

function idOf(item: Json, { digest }: SourceRequest): string | ItemFault {
  const { id } = item;
  if (typeof id === "string" && id !== "") return versionId(id, digest);
  if (!isAbsent(id) && id !== "") return fault("invalid_item", "id", "expected a text");
  const text = jsonText(item);
  return text === undefined
    ? fault("invalid_item", "", "expected an item that is not nested as deeply")
    : digest(text);
}

function isAction(value: unknown): value is Action {
  return value === "add" || value === "remove";
}

function hasOther(value: Json, known: ReadonlySet<string>): boolean {
  for (const name in value) if (!known.has(name)) return true;
  return false;
}
