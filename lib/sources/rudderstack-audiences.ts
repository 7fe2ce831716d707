import type { SelectedAudience } from "../connections/audience-rules.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { Action } from "../messages/operation.ts";
import { operationOn } from "./audience.ts";
import { contextKeyOf, missingContextKey } from "./context.ts";
import { fault, type ItemFault, ignored, isAbsent, type Meaning } from "./items.ts";
import { fitsAsJson, MAX_TRACKING_ITEM_BYTES, versionId } from "./limits.ts";
import type { SourceRequest } from "./source.ts";
import { readTime, settleTime, TIME_EXPECTED } from "./time.ts";

/** The facts of one request that apply to every event. */
export type RequestFacts = {
  readonly request: SourceRequest;
  readonly audience: SelectedAudience;
  readonly aheadMs: number;
};

/**
 * Reads an `audiencelist`: `properties.listData` lists the members to add and to remove. Members to add come first. Every
 * member of a list with another name is rejected. Empty lists change nothing.
 */
export function listMeanings(event: Json, position: number, facts: RequestFacts): readonly Meaning[] {
  const { properties } = event;
  const listData = isObject(properties) ? properties.listData : undefined;
  if (!isObject(listData))
    return [fault("invalid_item", "properties.listData", "expected an object with add, remove or both")];
  const eventFacts = eventFactsOf(event, facts);
  if ("kind" in eventFacts) return [eventFacts];
  if (position + membersIn(listData) > MAX_MEMBERS) return [TOO_MANY_MEMBERS];
  const meanings: Meaning[] = [];
  for (const [list, action] of LISTS) {
    const members = listData[list];
    if (isAbsent(members)) continue;
    const at = `properties.listData.${list}`;
    if (!Array.isArray(members)) {
      meanings.push(fault("invalid_item", at, "expected a list"));
      continue;
    }
    for (const [index, member] of members.entries()) {
      const nth = meanings.length;
      meanings.push(
        memberMeaning(
          member,
          { at: `${at}[${index}]`, action, nth, position: position + nth },
          eventFacts,
          facts,
        ),
      );
    }
  }
  for (const [list, members] of Object.entries(listData)) {
    if (list === "add" || list === "remove" || isAbsent(members)) continue;
    for (const _ of Array.isArray(members) ? members : [members]) meanings.push(UNKNOWN_LIST);
  }
  return meanings.length > 0 ? meanings : [ignored("empty_list")];
}

/** RudderStack sends lists in parts of a few thousand members. A body full of bad members must not exhaust the memory. */
const MAX_MEMBERS = 100_000;
const TOO_MANY_MEMBERS = fault(
  "invalid_item",
  "properties.listData",
  `expected at most ${MAX_MEMBERS} members in a request: send the list in parts`,
);

function membersIn(listData: Json): number {
  return Object.values(listData).reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? list.length : 0),
    0,
  );
}

const LISTS = [
  ["add", "add"],
  ["remove", "remove"],
] as const satisfies readonly (readonly [string, Action])[];

const UNKNOWN_LIST = fault(
  "unknown_membership",
  "properties.listData",
  "expected no lists but add and remove",
);

/** A member's place and the meaning of its list: `nth` counts within its event, `position` within the request. */
type Place = {
  readonly at: string;
  readonly action: Action;
  readonly nth: number;
  readonly position: number;
};

function memberMeaning(member: unknown, place: Place, eventFacts: EventFacts, facts: RequestFacts): Meaning {
  const { at, action, nth, position } = place;
  if (!isObject(member)) return fault("invalid_item", at, "expected an object");
  if (isTooLarge(member, facts)) return { ...TOO_LARGE, field: at };
  const contextKey = contextKeyIn(member, at, facts);
  if (typeof contextKey !== "string") return contextKey;
  const own = eventFacts.messageId === undefined ? undefined : `${eventFacts.messageId}#${nth}`;
  const id = idOf(own, [action, member], at, facts);
  if (typeof id !== "string") return id;
  return operation(contextKey, action, [eventFacts.atMs, position, id], facts);
}

/** Reads a `record`, one row of a warehouse sync. An updated row is still in the audience. */
export function recordMeaning(event: Json, position: number, facts: RequestFacts): Meaning {
  const word = wordOf(event.action);
  const action = typeof word === "string" ? RECORD_ACTIONS.get(word) : undefined;
  if (action === undefined)
    return fault("unknown_membership", "action", `expected one of ${[...RECORD_ACTIONS.keys()].join(", ")}`);
  const { identifiers } = event;
  if (!isObject(identifiers)) return fault("invalid_item", "identifiers", "expected an object");
  const contextKey = contextKeyIn(identifiers, "identifiers", facts);
  if (typeof contextKey !== "string") return contextKey;
  const eventFacts = eventFactsOf(event, facts);
  if ("kind" in eventFacts) return eventFacts;
  const id = idOf(eventFacts.messageId, event, "", facts);
  if (typeof id !== "string") return id;
  return operation(contextKey, action, [eventFacts.atMs, position, id], facts);
}

/** Returns the sender's own id, or a digest of the event. */
function idOf(
  own: string | undefined,
  item: unknown,
  field: string,
  { request }: RequestFacts,
): string | ItemFault {
  if (own !== undefined) return own;
  const text = jsonText(item);
  return text === undefined
    ? fault("invalid_item", field, "expected an item that is not nested as deeply")
    : request.digest(text);
}

const RECORD_ACTIONS: ReadonlyMap<string, Action> = new Map([
  ["insert", "add"],
  ["update", "add"],
  ["delete", "remove"],
]);

/** RudderStack ignores the case of types and actions; its documentation writes `audienceList`. */
export function wordOf(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

export const TOO_LARGE = fault(
  "item_too_large",
  "",
  `expected at most ${MAX_TRACKING_ITEM_BYTES} bytes an event or member`,
);

export function isTooLarge(item: unknown, { request }: Pick<RequestFacts, "request">): boolean {
  if (request.route !== "tracking" || request.bodyBytes <= MAX_TRACKING_ITEM_BYTES) return false;
  return !fitsAsJson(item, MAX_TRACKING_ITEM_BYTES);
}

/** The facts of an event that apply to everything in it. */
type EventFacts = { readonly atMs: number; readonly messageId: string | undefined };

function eventFactsOf(event: Json, { request, aheadMs }: RequestFacts): EventFacts | ItemFault {
  const field = isAbsent(event.timestamp) ? "originalTimestamp" : "timestamp";
  const time = readTime(event[field]);
  if (time === "invalid") return fault("invalid_timestamp", field, TIME_EXPECTED);
  const { messageId } = event;
  if (!isAbsent(messageId) && typeof messageId !== "string")
    return fault("invalid_item", "messageId", "expected a text");
  const { receivedAtMs } = request;
  return {
    atMs: time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, aheadMs),
    // Shorten the id once per event: an event may have any number of members, and its id any length.
    messageId: messageId ? versionId(messageId, request.digest) : undefined,
  };
}

/**
 * The first of the connection's keys that a row has. An empty text counts as absent. Warehouses write `EMAIL` for `email`,
 * so a name that is not there exactly is looked up without regard to case.
 */
function contextKeyIn(row: Json, at: string, { audience }: RequestFacts): string | ItemFault {
  const { contextKeys } = audience;
  for (const name of contextKeys) {
    const names = namesLike(name, row);
    const [found] = names;
    if (found === undefined) continue;
    if (names.length > 1)
      return fault(
        "invalid_context_key",
        `${at}.${name}`,
        "expected one field of this name, whatever its case",
      );
    const value = row[found];
    if (!isAbsent(value) && value !== "") return contextKeyOf(value, `${at}.${name}`);
  }
  const { field, ...missing } = missingContextKey(contextKeys);
  return { ...missing, field: field === "" ? at : `${at}.${field}` };
}

function namesLike(name: string, row: Json): readonly string[] {
  if (Object.hasOwn(row, name)) return [name];
  const lower = name.toLowerCase();
  return Object.keys(row).filter((other) => other.toLowerCase() === lower);
}

function operation(
  contextKey: string,
  action: Action,
  [atMs, position, id]: readonly [number, number, string],
  { request, audience }: RequestFacts,
): Meaning {
  return operationOn(audience, { contextKey, action, version: [atMs, request.receivedAtMs, position, id] });
}
