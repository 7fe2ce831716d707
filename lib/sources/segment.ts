import { membershipOf } from "../audience/membership.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import { audienceIn, operationOn } from "./audience.ts";
import { contextKeyOf, missingContextKey, segmentTextOf } from "./context.ts";
import { erasureFault, erasureMeaning } from "./erasures.ts";
import { fault, type ItemFault, ignored, isAbsent, type Meaning, parseItems } from "./items.ts";
import { fitsAsJson, MAX_TRACKING_ITEM_BYTES, versionId } from "./limits.ts";
import { metricMeaning, valueAt } from "./metrics.ts";
import type { Parsed, Source, SourceRequest } from "./source.ts";
import { clockAheadMs, readTime, settleTime, TIME_EXPECTED } from "./time.ts";

/**
 * Segment's Tracking API, which every SDK uses (one call, or `batch`), and its webhooks (one event, or a list of events).
 * Engage writes audience membership into identify and track calls.
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 * https://segment.com/docs/engage/using-engage-data/
 */
export const segment: Source = {
  parse: parseSegment,
  isBodyOfOneRequest,
};

/** The facts of one request that apply to every item. */
type RequestFacts = {
  readonly request: SourceRequest;
  readonly aheadMs: number;
  /** The context of the whole batch. The members of an item's own context take precedence. */
  readonly batchContext: Json | undefined;
  /** The names of the segments seen so far, by audience key. */
  readonly names: Map<string, string>;
};

function parseSegment(request: SourceRequest): Parsed {
  const { body, call, route } = request;
  if (Array.isArray(body) && route === "connection") {
    const facts = factsOf(request, undefined, undefined);
    return parseItems(
      body,
      (index) => `[${index}]`,
      (item, index) => meaningOf(item, index, facts),
    );
  }
  if (!isObject(body)) return { kind: "malformed", message: "expected a JSON object" };
  const single = call !== undefined || (route === "connection" && isAbsent(body.batch));
  if (single) {
    const facts = factsOf(request, body.sentAt, undefined);
    return parseItems(
      [body],
      () => "",
      (item, index) => meaningOf(item, index, facts),
    );
  }
  const { batch, context } = body;
  if (!Array.isArray(batch)) return { kind: "malformed", message: "batch: expected a list of events" };
  if (!isAbsent(context) && !isObject(context))
    return { kind: "malformed", message: "context: expected an object" };
  const facts = factsOf(request, body.sentAt, context ?? undefined);
  return parseItems(
    batch,
    (index) => `batch[${index}]`,
    (item, index) => meaningOf(item, index, facts),
  );
}

/** A webhook's template may omit ids and times. Then a user's second "clicked" event has the same body as the first. */
function isBodyOfOneRequest(body: unknown): boolean {
  const list = isObject(body) && !isAbsent(body.batch) ? body.batch : body;
  const events = Array.isArray(list) ? list : [list];
  return events.every(
    (event) =>
      isObject(event) &&
      [event.messageId, event.timestamp, event.originalTimestamp].some(
        (own) => typeof own === "string" && own !== "",
      ),
  );
}

function factsOf(request: SourceRequest, sentAt: unknown, batchContext: Json | undefined): RequestFacts {
  const { route, receivedAtMs } = request;
  return {
    request,
    aheadMs: route === "tracking" ? clockAheadMs(sentAt, receivedAtMs) : 0,
    batchContext,
    names: new Map(),
  };
}

function meaningOf(item: unknown, index: number, facts: RequestFacts): Meaning {
  const { call, route, bodyBytes } = facts.request;
  if (!isObject(item)) return fault("invalid_item", "", "expected an object");
  if (
    route === "tracking" &&
    bodyBytes > MAX_TRACKING_ITEM_BYTES &&
    !fitsAsJson(item, MAX_TRACKING_ITEM_BYTES)
  ) {
    return fault("item_too_large", "", `expected at most ${MAX_TRACKING_ITEM_BYTES} bytes an event`);
  }
  const type = isAbsent(item.type) ? call : item.type;
  if (call !== undefined && type !== call)
    return fault("invalid_item", "type", `expected "${call}", as the path says`);
  if (type === "identify" || type === "track") return audienceMeaning(item, type, index, facts);
  if (type === "alias") return metricMeaning(item, type, index, facts);
  if (type === "delete") return deleteMeaning(item, facts);
  const other = OTHER_CALLS.find((one) => one === type);
  if (other !== undefined) return ignored(other);
  return fault("invalid_item", "type", "expected identify, track, page, screen, group, alias or delete");
}

/** Types of calls that are neither audiences nor metric events. */
const OTHER_CALLS = ["page", "screen", "group"] as const;

/**
 * The classic webhook's notice of a deletion request. The Tracking API has no such call: where nobody has asked for erasures it means
 * nothing there.
 * https://segment.com/docs/connections/destinations/catalog/webhooks/#delete
 */
function deleteMeaning(event: Json, { request, batchContext }: RequestFacts): Meaning {
  const { connection, route } = request;
  if (route === "tracking" && !connection.erasures) return ignored("delete");
  const refused = erasureFault(request);
  if (refused) return refused;
  const own = isObject(event.context) ? event.context : undefined;
  const time = readTime(event.timestamp);
  if (time === "invalid") return fault("invalid_timestamp", "timestamp", TIME_EXPECTED);
  return erasureMeaning(connection, (name) => fieldNamed(event, own, batchContext, name));
}

/** Recognizes an Engage audience by its computation, not by its event name, which customers can change. */
function audienceMeaning(
  event: Json,
  type: "identify" | "track",
  index: number,
  facts: RequestFacts,
): Meaning {
  const own = event.context;
  if (!isAbsent(own) && !isObject(own)) return fault("invalid_item", "context", "expected an object");
  const personas = own?.personas === undefined ? facts.batchContext?.personas : own.personas;
  if (isAbsent(personas)) return metricMeaning(event, type, index, facts);
  if (!isObject(personas)) return fault("invalid_item", "context.personas", "expected an object");
  const { computation_class: computation, computation_key: audienceKey } = personas;
  // Nothing in the call says that Engage sent it.
  if (isAbsent(computation) && isAbsent(audienceKey)) return metricMeaning(event, type, index, facts);
  if (computation !== "audience" && computation !== "journey_step")
    return otherComputation(computation, audienceKey);
  // The connection has metrics only, and a computation of Engage is not user behaviour that a metric counts.
  if (facts.request.connection.audiences.to.length === 0) return ignored("audience_without_audiences");

  const key = segmentTextOf(audienceKey, "context.personas.computation_key");
  if (typeof key !== "string") return key;
  const id = segmentTextOf(personas.computation_id, "context.personas.computation_id");
  if (typeof id !== "string") return id;
  const audience = audienceIn(facts.request, { id, name: nameOf(key, facts.names) });
  if (audience.kind === "ignored") return audience;
  const contextKey = contextKeyIn(event, own ?? undefined, audience.contextKeys, facts);
  if (typeof contextKey !== "string") return contextKey;
  const action = actionOf(event, type, key, computation, facts);
  if (typeof action !== "string") return action;
  const atMs = timeOf(event, facts);
  if (typeof atMs !== "number") return atMs;
  const versionedBy = idOf(event, facts);
  if (typeof versionedBy !== "string") return versionedBy;

  const { receivedAtMs } = facts.request;
  return operationOn(audience, { contextKey, action, version: [atMs, receivedAtMs, index, versionedBy] });
}

/** Computed traits are not audiences. An audience with a missing or misspelt class cannot be told from a computed trait. */
function otherComputation(computation: unknown, audienceKey: unknown): Meaning {
  const hasKey = typeof audienceKey === "string" && audienceKey !== "";
  const isMiswritten =
    typeof computation === "string" && /^(audience|journey_step)$/i.test(computation.trim());
  const claimsAudience = isMiswritten || (isAbsent(computation) && hasKey);
  if (claimsAudience)
    return fault("invalid_item", "context.personas.computation_class", "expected audience or journey_step");
  if (isAbsent(computation) || typeof computation === "string") return ignored("computed_trait");
  return fault("invalid_item", "context.personas.computation_class", "expected a text");
}

/** The first of the connection's keys that the event has. An empty text counts as absent. */
function contextKeyIn(
  event: Json,
  own: Json | undefined,
  names: readonly string[],
  { batchContext }: RequestFacts,
): string | ItemFault {
  for (const name of names) {
    const [value, field] = fieldNamed(event, own, batchContext, name);
    if (!isAbsent(value) && value !== "") return contextKeyOf(value, field);
  }
  return missingContextKey(names);
}

function fieldNamed(
  event: Json,
  own: Json | undefined,
  batchContext: Json | undefined,
  name: string,
): readonly [unknown, string] {
  return name === "email"
    ? emailIn(event, own, batchContext)
    : [valueNamed(event, own, batchContext, name), name];
}

/** A name of the event itself, or a path into its traits, properties or context. */
function valueNamed(
  event: Json,
  own: Json | undefined,
  batchContext: Json | undefined,
  name: string,
): unknown {
  if (!name.includes(".")) return event[name];
  const [start, member = ""] = name.split(".");
  if (start !== "context") return valueAt(event, name);
  return valueAt({ context: own?.[member] === undefined ? batchContext : own }, name);
}

/** Identify calls have the e-mail address in their traits, track calls in the traits of their context. */
function emailIn(
  event: Json,
  own: Json | undefined,
  batchContext: Json | undefined,
): readonly [unknown, string] {
  const { traits } = event;
  if (isObject(traits) && !isAbsent(traits.email)) return [traits.email, "traits.email"];
  const contextTraits = own?.traits === undefined ? batchContext?.traits : own.traits;
  return [isObject(contextTraits) ? contextTraits.email : undefined, "context.traits.email"];
}

function actionOf(
  event: Json,
  type: "identify" | "track",
  key: string,
  computation: "audience" | "journey_step",
  facts: RequestFacts,
): "add" | "remove" | ItemFault {
  const [usual, other] =
    type === "identify" ? (["traits", "properties"] as const) : (["properties", "traits"] as const);
  const field = isAbsent(event[usual]) && !isAbsent(event[other]) ? other : usual;
  const flags = event[field];
  if (!isAbsent(flags) && !isObject(flags)) return fault("invalid_item", field, "expected an object");
  const flag = flags && Object.hasOwn(flags, key) ? flags[key] : undefined;
  const membership = membershipOf(flag, computation, facts.request.connection.audiences);
  switch (membership.kind) {
    case "added":
      return "add";
    case "removed":
      return "remove";
    case "unknown":
      return fault(
        "unknown_membership",
        field,
        "expected true or false under the audience's computation_key",
      );
  }
}

function timeOf(event: Json, facts: RequestFacts): number | ItemFault {
  const { receivedAtMs } = facts.request;
  const field = isAbsent(event.timestamp) ? "originalTimestamp" : "timestamp";
  const time = readTime(event[field]);
  if (time === "invalid") return fault("invalid_timestamp", field, TIME_EXPECTED);
  return time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, facts.aheadMs);
}

function idOf(event: Json, facts: RequestFacts): string | ItemFault {
  const { messageId } = event;
  const { digest } = facts.request;
  if (typeof messageId === "string" && messageId !== "") return versionId(messageId, digest);
  if (!isAbsent(messageId) && messageId !== "") return fault("invalid_item", "messageId", "expected a text");
  const text = jsonText(event);
  return text === undefined
    ? fault("invalid_item", "", "expected an event that is not nested as deeply")
    : digest(text);
}

/** Names a segment as Segment's own LaunchDarkly destination does, so that it stays the same: `first_time_shopper` → `First time shopper`. */
function nameOf(key: string, names: Map<string, string>): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = (key.charAt(0).toUpperCase() + key.slice(1)).replaceAll("_", " ");
  names.set(key, name);
  return name;
}
