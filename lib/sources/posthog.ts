import { membershipOf } from "../audience/membership.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { Action } from "../messages/operation.ts";
import { type Audience, audienceIn, operationOn } from "./audience.ts";
import { contextKeyOf, missingContextKey, segmentTextOf } from "./context.ts";
import { fault, type ItemFault, isAbsent, type Meaning, parseItems } from "./items.ts";
import { versionId } from "./limits.ts";
import { type CallShape, eventId, trackMeaning } from "./metrics.ts";
import { checkExpanded, valueIn } from "./posthog-templates.ts";
import type { Parsed, Source, SourceRequest } from "./source.ts";
import { readTime, settleTime, TIME_EXPECTED } from "./time.ts";

/**
 * PostHog's HTTP webhook, as a destination or as a step of a workflow: one event a request, `{"event": {event}, "person":
 * {person}}` by default. With `segment` and `member` beside them, as docs/sources/posthog.md has it, the body is a membership.
 * https://github.com/PostHog/posthog/blob/37f80c5/nodejs/src/cdp/templates/_destinations/webhook/webhook.template.ts
 * https://github.com/PostHog/posthog/blob/00e5633/nodejs/src/cdp/types.ts (`HogFunctionInvocationGlobals`)
 */
export const posthog: Source = {
  parse: parsePosthog,
};

/** A fault of the body as a whole refuses the request: PostHog then shows a failed call, and after a 200 a successful one. */
function parsePosthog(request: SourceRequest): Parsed {
  const { body, route, connection } = request;
  if (route !== "connection") return malformed("", "expected PostHog's webhooks at /c/{connection}");
  if (!isObject(body)) return malformed("", "expected a JSON object");
  const isMembership = !isAbsent(body.segment) || !isAbsent(body.member);
  const audience = isMembership ? audienceOf(body, request) : undefined;
  const names =
    audience?.kind === "selected"
      ? audience.contextKeys
      : Object.values(connection.metrics?.contextKeys ?? {}).flat();
  const expanded = checkExpanded(body, names.map(pathOf));
  if (expanded.kind === "malformed") return expanded;
  for (const global of ["event", "person", "groups"]) {
    if (!isAbsent(body[global]) && !isObject(body[global])) return malformed(global, "expected an object");
  }
  if (!isMembership && isAbsent(body.event)) return malformed("event", "expected an object");
  const event = isObject(body.event) ? body.event : {};
  const meaning = audience
    ? membershipMeaning(body, event, audience, request)
    : eventMeaning(body, event, request);
  return parseItems(
    [meaning],
    () => "",
    (one) => one,
  );
}

/** Returns the path of a name of `contextKey` or `contextKeys` in the body. */
function pathOf(name: string): readonly string[] {
  return PATHS.get(name) ?? name.split(".");
}

const DISTINCT_ID = "distinctId";
const PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  [DISTINCT_ID, ["event", "distinct_id"]],
  ["personId", ["person", "id"]],
  ["email", ["person", "properties", "email"]],
]);

/** A batch run of a workflow has no distinct id of an event, but may have one of the person. */
function valueNamed(body: Json, name: string): unknown {
  const value = valueIn(body, pathOf(name));
  const isMissing = isAbsent(value) || value === "";
  return isMissing && name === DISTINCT_ID ? valueIn(body, ["person", "distinct_id"]) : value;
}

const fieldOf = (name: string): string => pathOf(name).join(".");

const CALL_SHAPE: CallShape = {
  nameField: "event.event",
  propertiesField: "event.properties",
  fieldOf,
  defaultKeys: (contextKind) => ({ [contextKind]: [DISTINCT_ID] }),
};

/** The `uuid` is the same on every repetition, so the event counts once. */
function eventMeaning(body: Json, event: Json, request: SourceRequest): Meaning {
  const { connection, receivedAtMs, digest } = request;
  const { metrics } = connection;
  if (!metrics) return NO_METRICS;
  const time = readTime(event.timestamp);
  if (time === "invalid") return fault("invalid_timestamp", "event.timestamp", TIME_EXPECTED);
  const atMs = time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, 0);
  const id = eventId(event.uuid, "event.uuid", body, { atMs, index: 0, digest });
  if (typeof id !== "string") return id;
  const find = (name: string): unknown => valueNamed(body, name);
  const { event: name, properties } = event;
  return trackMeaning({ ...CALL_SHAPE, name, properties, find, atMs, index: 0, id }, metrics);
}

function audienceOf(body: Json, request: SourceRequest): Audience | ItemFault {
  if (request.connection.audiences.to.length === 0) return NO_AUDIENCES;
  const segment = segmentIn(body.segment);
  return "kind" in segment ? segment : audienceIn(request, segment);
}

function membershipMeaning(
  body: Json,
  event: Json,
  audience: Audience | ItemFault,
  request: SourceRequest,
): Meaning {
  if (audience.kind !== "selected") return audience;
  const { connection, receivedAtMs } = request;
  const membership = membershipOf(body.member, "audience", connection.audiences);
  if (membership.kind === "unknown") return fault("unknown_membership", "member", "expected true or false");
  const action = membership.kind === "added" ? "add" : "remove";
  const contextKey = contextKeyIn(body, audience.contextKeys);
  if (typeof contextKey !== "string") return contextKey;
  const atMs = timeOf(body, event, receivedAtMs);
  if (typeof atMs !== "number") return atMs;
  const id = versionIdOf(body, event, action, request);
  if (typeof id !== "string") return id;
  return operationOn(audience, { contextKey, action, version: [atMs, receivedAtMs, 0, id] });
}

function segmentIn(value: unknown): { readonly id: string; readonly name: string } | ItemFault {
  if (!isObject(value)) return fault("invalid_segment", "segment", "expected an object with id and name");
  // PostHog's cohorts have numbers for ids.
  const given = Number.isSafeInteger(value.id) ? String(value.id) : value.id;
  const id = segmentTextOf(given, "segment.id");
  if (typeof id !== "string") return id;
  const name = isAbsent(value.name) || value.name === "" ? id : segmentTextOf(value.name, "segment.name");
  return typeof name === "string" ? { id, name } : name;
}

/** The first of the connection's keys that the body has. An empty text counts as absent. */
function contextKeyIn(body: Json, names: readonly string[]): string | ItemFault {
  for (const name of names) {
    const value = valueNamed(body, name);
    if (!isAbsent(value) && value !== "") return contextKeyOf(value, fieldOf(name));
  }
  return missingContextKey(names.map(fieldOf));
}

/** The body's own `at` counts before the time of the event: a step behind a delay runs long after its workflow's event. */
function timeOf(body: Json, event: Json, receivedAtMs: number): number | ItemFault {
  const [value, field] = isAbsent(body.at) ? [event.timestamp, "event.timestamp"] : [body.at, "at"];
  const time = readTime(value);
  if (time === "invalid") return fault("invalid_timestamp", field, TIME_EXPECTED);
  return time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, 0);
}

/** The id includes the action: two steps of a workflow may add and remove a person for one event, within a millisecond. */
function versionIdOf(
  body: Json,
  { uuid }: Json,
  action: Action,
  { digest }: SourceRequest,
): string | ItemFault {
  if (typeof uuid === "string" && uuid !== "") return `${versionId(uuid, digest)}::${action}`;
  if (!isAbsent(uuid) && uuid !== "") return fault("invalid_item", "event.uuid", "expected a text");
  const text = jsonText([action, body]);
  return text === undefined
    ? fault("invalid_item", "", "expected a body that is not nested as deeply")
    : digest(text);
}

const NO_METRICS = fault(
  "metrics_not_configured",
  "",
  "this connection has no metrics, so it takes no events: add them, or segment and member to the body",
);

const NO_AUDIENCES = fault(
  "audiences_not_configured",
  "",
  "this connection has no audiences, so it takes no memberships",
);

function malformed(field: string, expected: string): Parsed {
  return { kind: "malformed", message: field === "" ? expected : `${field}: ${expected}` };
}
