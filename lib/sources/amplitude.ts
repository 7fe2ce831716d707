import { membershipOf } from "../audience/membership.ts";
import type { SelectedAudience } from "../connections/audience-rules.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { Action } from "../messages/operation.ts";
import { audienceIn, operationOn } from "./audience.ts";
import { contextKeyOf, missingContextKey, segmentTextOf } from "./context.ts";
import { fault, type ItemFault, isAbsent, type Meaning, parseItems } from "./items.ts";
import { versionId } from "./limits.ts";
import { valueAt } from "./metrics.ts";
import type { Parsed, Source, SourceRequest } from "./source.ts";
import { settleTime } from "./time.ts";
import { readUnixTime, SECONDS } from "./unix-time.ts";

/**
 * Amplitude's cohort webhook: one message adds or removes all of its users. The body is a template that customers can
 * edit, so other fields are allowed, and `message_id`, `computed_time` and `cohort_name` may be missing.
 * https://amplitude.com/docs/data/destination-catalog/cohort-webhooks
 */
export const amplitude: Source = {
  parse: parseAmplitude,
};

/** The facts of one message that apply to all of its users. */
type CohortChange = {
  readonly kind: "change";
  readonly audience: SelectedAudience;
  readonly action: Action;
  readonly atMs: number;
  /** The id of the message, the same on every retry; undefined when the template leaves it out. */
  readonly messageId: string | undefined;
};

type Malformed = Extract<Parsed, { readonly kind: "malformed" }>;

/**
 * A fault outside of the users refuses the whole message. Amplitude then shows a failed sync; after a 200 it would show a
 * sync that succeeded, although nothing changed.
 */
function parseAmplitude(request: SourceRequest): Parsed {
  const { body } = request;
  if (!isObject(body)) return malformed("", "expected a JSON object");
  const { users } = body;
  if (!Array.isArray(users)) return malformed("users", "expected a list");
  const change = changeOf(body, request);
  if (change.kind === "malformed") return change;
  if (change.kind === "ignored") {
    return parseItems(
      users,
      () => "",
      () => change,
    );
  }
  return parseItems(
    users,
    (index) => `users[${index}]`,
    (user, index) => meaningOf(user, index, change, request),
  );
}

function changeOf(
  body: Json,
  request: SourceRequest,
): CohortChange | Malformed | Extract<Meaning, { readonly kind: "ignored" }> {
  const { connection, receivedAtMs, digest } = request;
  const id = segmentTextOf(body.cohort_id, "cohort_id");
  if (typeof id !== "string") return malformed(id.field, id.expected);
  const given = body.cohort_name;
  const name = isAbsent(given) || given === "" ? id : segmentTextOf(given, "cohort_name");
  if (typeof name !== "string") return malformed(name.field, name.expected);
  const membership = membershipOf(body.in_cohort, "audience", connection.audiences);
  if (membership.kind === "unknown") return malformed("in_cohort", "expected true or false");
  const time = readUnixTime(body.computed_time, SECONDS);
  if (time === "invalid") return malformed("computed_time", "expected Unix seconds");
  const messageId = body.message_id;
  if (!isAbsent(messageId) && typeof messageId !== "string")
    return malformed("message_id", "expected a text");
  const audience = audienceIn(request, { id, name });
  if (audience.kind === "ignored") return audience;
  return {
    kind: "change",
    audience,
    action: membership.kind === "added" ? "add" : "remove",
    atMs: time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, 0),
    // Shorten the id once per message: a message may have any number of users, and its id any length.
    messageId: messageId ? versionId(messageId, digest) : undefined,
  };
}

function meaningOf(user: unknown, index: number, change: CohortChange, request: SourceRequest): Meaning {
  if (!isObject(user)) return fault("invalid_item", "", "expected an object");
  const { audience, action, atMs } = change;
  const contextKey = contextKeyIn(user, audience.contextKeys);
  if (typeof contextKey !== "string") return contextKey;
  const id = idOf(user, index, change, request);
  if (typeof id !== "string") return id;
  return operationOn(audience, { contextKey, action, version: [atMs, request.receivedAtMs, index, id] });
}

/** The first of the connection's keys that the user has. An empty text counts as absent. */
function contextKeyIn(user: Json, names: readonly string[]): string | ItemFault {
  const places = names.map(placeOf);
  for (const { field, read } of places) {
    const value = read(user);
    if (!isAbsent(value) && value !== "") return contextKeyOf(value, field);
  }
  return missingContextKey(places.map(({ field }) => field));
}

/** A path starts with `user_properties`, whose content the sync chooses. */
function placeOf(name: string): { readonly field: string; readonly read: (user: Json) => unknown } {
  if (name === "email") return EMAIL;
  return name.includes(".") ? { field: name, read: (user) => valueAt(user, name) } : USER_ID;
}

const USER_ID = { field: "user_id", read: (user: Json): unknown => user.user_id };

/** The e-mail address is present when the sync includes this user property. */
const EMAIL = {
  field: "user_properties.email",
  read: (user: Json): unknown => (isObject(user.user_properties) ? user.user_properties.email : undefined),
};

function idOf(
  user: Json,
  index: number,
  { messageId, action }: CohortChange,
  { digest }: SourceRequest,
): string | ItemFault {
  if (messageId !== undefined) return `${messageId}::${index}`;
  // The id includes the action: two messages of one millisecond may add and remove the same user.
  const text = jsonText([action, user]);
  return text === undefined
    ? fault("invalid_item", "", "expected a user that is not nested as deeply")
    : digest(text);
}

function malformed(field: string, expected: string): Malformed {
  return { kind: "malformed", message: field === "" ? expected : `${field}: ${expected}` };
}
