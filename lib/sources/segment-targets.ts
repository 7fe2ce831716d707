import { membershipOf } from "../audience/membership.ts";
import { type Integration, onlyContextKind } from "../connections/integrations.ts";
import { SOURCE_TRAITS } from "../connections/source-traits.ts";
import { isObject, type Json, jsonText } from "../json.ts";
import type { Action, SegmentName } from "../messages/operation.ts";
import { type Audience, audienceIn, operationOn } from "./audience.ts";
import { contextKeyOf, contextKindOf, segmentTextOf } from "./context.ts";
import { fault, type ItemFault, isAbsent, type Meaning, parseItems } from "./items.ts";
import { type MemberList, SEGMENT_TARGETS, type SegmentTargetsShape } from "./segment-targets-shapes.ts";
import type { Parsed, SourceRequest } from "./source.ts";

/** One member and the list that contains it. */
type Placed = { readonly member: unknown; readonly list: MemberList; readonly position: number };

/** The facts of one request that apply to every member. */
type RequestFacts = {
  readonly kind: "facts";
  readonly request: SourceRequest;
  readonly shape: SegmentTargetsShape;
  /** The body's own; undefined when it states none. */
  readonly contextKind: string | undefined;
  /** The body's action for every member; undefined when its lists or members have their own. */
  readonly action: Action | undefined;
  /** The audience of the body; undefined when each member has its own. */
  readonly audience: Audience | undefined;
};

/**
 * Reads a body that a connector made for LaunchDarkly: one operation per member, with the time of receipt, because none of
 * these shapes has a time. A fault of the body's own segment, kind or action rejects every member.
 */
export function parseSegmentTargets(integration: Integration, request: SourceRequest): Parsed {
  const { body } = request;
  if (!isObject(body)) return { kind: "malformed", message: "expected a JSON object" };
  const shape = SEGMENT_TARGETS[integration];
  const found = shape.lists.map((list) => ({ list, members: valueAt(body, list.at) }));
  if (found.every(({ members }) => isAbsent(members))) {
    return { kind: "malformed", message: `${shape.lists.map(({ at }) => at).join(" or ")}: expected a list` };
  }
  const placed: Placed[] = [];
  for (const { list, members } of found) {
    if (isAbsent(members)) continue;
    if (!Array.isArray(members)) return { kind: "malformed", message: `${list.at}: expected a list` };
    for (const [position, member] of members.entries()) placed.push({ member, list, position });
  }
  const facts = factsOf(body, shape, request);
  if (facts.kind === "fault") {
    return parseItems(
      placed,
      () => "",
      () => facts,
    );
  }
  return parseItems(
    placed,
    (index) => {
      const at = placed[index];
      return at ? `${at.list.at}[${at.position}]` : "";
    },
    (item, index) => meaningOf(item, index, facts),
  );
}

/**
 * Says what is wrong with the environment that a body names; undefined when it is right. The connection's own list decides
 * where operations go, so a body that names another environment would change one that its sender did not mean.
 */
export function environmentProblem(
  integration: Integration,
  body: unknown,
  clientSideIds: readonly string[],
): string | undefined {
  const { environmentId } = SEGMENT_TARGETS[integration];
  const named = valueAt(body, environmentId);
  if (isAbsent(named) || named === "") return undefined;
  if (typeof named === "string" && clientSideIds.includes(named)) return undefined;
  const choices = clientSideIds.join(" or ");
  return `${environmentId}: expected ${choices}, the client-side ID of an environment that this connection sends to, or none`;
}

function factsOf(body: Json, shape: SegmentTargetsShape, request: SourceRequest): RequestFacts | ItemFault {
  const { source, audiences } = request.connection;
  const kind = shape.contextKind === undefined ? undefined : valueAt(body, shape.contextKind);
  const contextKind =
    isAbsent(kind) || kind === ""
      ? undefined
      : contextKindOf(
          kind,
          shape.contextKind ?? "",
          onlyContextKind(audiences, SOURCE_TRAITS[source].integration),
        );
  if (typeof contextKind === "object") return contextKind;
  const segment = shape.segment.of === "body" ? segmentIn(body, shape) : undefined;
  if (segment && "kind" in segment) return segment;
  const action = shape.action && actionIn(body, shape.action);
  if (typeof action === "object") return action;
  const audience = segment && audienceIn(request, segment);
  return { kind: "facts", request, shape, contextKind, audience, action };
}

function actionIn(body: Json, { at, words }: NonNullable<SegmentTargetsShape["action"]>): Action | ItemFault {
  const word = valueAt(body, at);
  const action = typeof word === "string" ? words.get(word) : undefined;
  return action ?? fault("unknown_membership", at, `expected one of ${[...words.keys()].join(", ")}`);
}

function segmentIn(holder: unknown, { segment }: SegmentTargetsShape): SegmentName | ItemFault {
  const id = segmentTextOf(valueAt(holder, segment.id), segment.id);
  if (typeof id !== "string") return id;
  const given = valueAt(holder, segment.name);
  const name = isAbsent(given) || given === "" ? id : segmentTextOf(given, segment.name);
  return typeof name === "string" ? { id, name } : name;
}

function meaningOf({ member, list }: Placed, index: number, facts: RequestFacts): Meaning {
  const { shape, request, contextKind } = facts;
  if (!isObject(member)) return fault("invalid_item", "", "expected an object");
  const action = actionOf(member, list, facts);
  if (typeof action !== "string") return action;
  const audience = facts.audience ?? audienceOf(member, facts);
  if (audience.kind !== "selected") return audience;
  const key = valueAt(member, shape.key);
  if (isAbsent(key) || key === "") {
    return fault("missing_context_key", shape.key, "expected a text that is not empty");
  }
  const contextKey = contextKeyOf(key, shape.key);
  if (typeof contextKey !== "string") return contextKey;
  // The id includes the action: two requests of one millisecond may add and remove the same member.
  const text = jsonText([action, member]);
  if (text === undefined) return fault("invalid_item", "", "expected a member that is not nested as deeply");
  const { receivedAtMs, digest } = request;
  const version = [receivedAtMs, receivedAtMs, index, digest(text)] as const;
  return operationOn(audience, { contextKind, contextKey, action, version });
}

function audienceOf(member: Json, { request, shape }: RequestFacts): Audience | ItemFault {
  const segment = segmentIn(member, shape);
  return "kind" in segment ? segment : audienceIn(request, segment);
}

function actionOf(
  member: Json,
  { means }: MemberList,
  { action, request }: RequestFacts,
): Action | ItemFault {
  if (means === "add" || means === "remove") return means;
  if (means === "action") return action ?? NO_ACTION;
  const membership = membershipOf(valueAt(member, means.flag), "audience", request.connection.audiences);
  switch (membership.kind) {
    case "added":
      return "add";
    case "removed":
      return "remove";
    case "unknown":
      return fault("unknown_membership", means.flag, "expected true or false");
  }
}

/** Every shape with a list that follows the body's action also has the path of that action. */
const NO_ACTION = fault("unknown_membership", "", "expected an action");

function valueAt(holder: unknown, pointer: string): unknown {
  return pointer
    .split(".")
    .reduce<unknown>(
      (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      holder,
    );
}
