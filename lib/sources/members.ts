import type { SelectedAudience } from "../connections/audience-rules.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { Action } from "../messages/operation.ts";
import { audienceIn, operationOn } from "./audience.ts";
import { contextKeyOf, missingContextKey, segmentTextOf } from "./context.ts";
import { fault, type ItemFault, isAbsent, type Meaning, parseItems } from "./items.ts";
import type { Parsed, SourceRequest } from "./source.ts";

/**
 * One vendor's names for the parts of a body that Mixpanel's cohort webhook introduced and others copied:
 * `{"action":…,"parameters":{"<prefix>cohort_id":…,"<prefix>cohort_name":…,"members":[{…}]}}`.
 */
export type MembersDialect = {
  /** The prefix of `project_id`, `cohort_id`, `cohort_name`, `cohort_description` and `session_id`. */
  readonly prefix: string;
  /** The meaning of each action. Any other action is unknown and never guessed. */
  readonly actions: ReadonlyMap<string, Action>;
  /** The members' fields for each name of `audiences.contextKey`; the first one present counts. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** A name that the parameters have once per request, so it identifies a member only when the request has one member. */
  readonly requestKeys?: ReadonlyMap<string, string>;
};

/**
 * Tealium's and Zeotap's fields are those that LaunchDarkly's own parser reads; optional fields have the names of
 * LaunchDarkly's guide and Mixpanel. https://github.com/launchdarkly/integration-framework (integrations/<key>/manifest.json)
 * https://docs.mixpanel.com/docs/cohort-sync/webhooks
 *
 * Tealium's manifest reads `remove_member` as an add, but it is a removal. `members` is Mixpanel's and Zeotap's full list:
 * it adds and never removes, because one page of it cannot say who is on no page.
 */
export const MEMBERS_DIALECTS = {
  tealium: {
    prefix: "tealium_",
    actions: new Map<string, Action>([
      ["add_member", "add"],
      ["add_members", "add"],
      ["remove_member", "remove"],
      ["remove_members", "remove"],
    ]),
    keys: keysOf("memberId", "member_id"),
    requestKeys: new Map([["sessionId", "tealium_session_id"]]),
  },
  zeotap: {
    prefix: "integration_",
    actions: fullListActions(),
    keys: keysOf("distinctId", "integration_distinct_id"),
  },
  mixpanel: {
    prefix: "mixpanel_",
    actions: fullListActions(),
    keys: keysOf("distinctId", "mixpanel_distinct_id"),
  },
} as const satisfies Readonly<Record<string, MembersDialect>>;

function fullListActions(): ReadonlyMap<string, Action> {
  return new Map<string, Action>([
    ["members", "add"],
    ["add_members", "add"],
    ["remove_members", "remove"],
  ]);
}

function keysOf(id: string, field: string): ReadonlyMap<string, readonly string[]> {
  return new Map([
    [id, [field]],
    ["email", ["email"]],
    ["phone", ["phone_number", "phone"]],
    ["firstName", ["first_name"]],
    ["lastName", ["last_name"]],
  ]);
}

/** Returns the meaning of an action in a dialect; undefined when it is unknown. */
export function actionOf(action: unknown, { actions }: MembersDialect): Action | undefined {
  return typeof action === "string" ? actions.get(action) : undefined;
}

/**
 * Reads the operations of one request: one per member, all with the request's action and segment. Their time is the receipt,
 * because no vendor of this family sends one. A wrong action or segment rejects every member. Without members nothing changes.
 */
export function parseMembers(request: SourceRequest, dialect: MembersDialect): Parsed {
  const { body } = request;
  if (!isObject(body)) return { kind: "malformed", message: "expected a JSON object" };
  const { parameters } = body;
  if (!isObject(parameters)) return { kind: "malformed", message: "parameters: expected an object" };
  const { members } = parameters;
  if (!Array.isArray(members)) return { kind: "malformed", message: "parameters.members: expected a list" };
  const facts = factsOf(body.action, parameters, members.length === 1, request, dialect);
  if (facts.kind !== "facts") {
    return parseItems(
      members,
      () => "",
      () => facts,
    );
  }
  return parseItems(
    members,
    (index) => `parameters.members[${index}]`,
    (member, index) => meaningOf(member, index, facts),
  );
}

/** The facts of one request that apply to every member. */
type RequestFacts = {
  readonly kind: "facts";
  readonly request: SourceRequest;
  readonly dialect: MembersDialect;
  readonly action: Action;
  readonly audience: SelectedAudience;
  /** The parameters that may identify the member; empty when there are several members. */
  readonly own: Json;
};

function factsOf(
  word: unknown,
  parameters: Json,
  isOnlyMember: boolean,
  request: SourceRequest,
  dialect: MembersDialect,
): RequestFacts | Extract<Meaning, { readonly kind: "fault" | "ignored" }> {
  const action = actionOf(word, dialect);
  if (action === undefined) {
    return fault("unknown_membership", "action", `expected one of ${[...dialect.actions.keys()].join(", ")}`);
  }
  const idField = `${dialect.prefix}cohort_id`;
  const id = segmentTextOf(parameters[idField], `parameters.${idField}`);
  if (typeof id !== "string") return id;
  const nameField = `${dialect.prefix}cohort_name`;
  const given = parameters[nameField];
  const name = isAbsent(given) || given === "" ? id : segmentTextOf(given, `parameters.${nameField}`);
  if (typeof name !== "string") return name;
  const audience = audienceIn(request, { id, name });
  if (audience.kind === "ignored") return audience;
  return { kind: "facts", request, dialect, action, audience, own: isOnlyMember ? parameters : {} };
}

function meaningOf(member: unknown, index: number, facts: RequestFacts): Meaning {
  if (!isObject(member)) return fault("invalid_item", "", "expected an object");
  const contextKey = contextKeyIn(member, facts);
  if (typeof contextKey !== "string") return contextKey;
  const { request, action, audience } = facts;
  const { receivedAtMs, digest } = request;
  // The id includes the action: two requests of one millisecond may add and remove the same member.
  const text = jsonText([action, member]);
  if (text === undefined) return fault("invalid_item", "", "expected a member that is not nested as deeply");
  const version = [receivedAtMs, receivedAtMs, index, digest(text)] as const;
  return operationOn(audience, { contextKey, action, version });
}

/** The first of the connection's keys that the member has. An empty text counts as absent. */
function contextKeyIn(member: Json, { audience, dialect, own }: RequestFacts): string | ItemFault {
  const { contextKeys } = audience;
  for (const name of contextKeys) {
    for (const field of dialect.keys.get(name) ?? []) {
      const value = member[field];
      if (!isAbsent(value) && value !== "") return contextKeyOf(value, field);
    }
    const field = dialect.requestKeys?.get(name);
    const value = field === undefined ? undefined : own[field];
    if (field !== undefined && !isAbsent(value) && value !== "") return contextKeyOf(value, field);
  }
  return missingContextKey(
    contextKeys.flatMap((name) => dialect.keys.get(name) ?? dialect.requestKeys?.get(name) ?? []),
  );
}
