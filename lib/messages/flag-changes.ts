import * as z from "zod/mini";
import { isObject, type Json } from "../json.ts";
import { hasMembers, isAbsentOr, isBoolean, isCount, isEach, isListOf, isString, isText } from "./shape.ts";

/** The last moment that a Date knows. https://tc39.es/ecma262/#sec-time-values-and-time-range */
export const LATEST_MS = 8.64e15;

const text = z.string("expected a text");
const TEXT = "expected a text that is not empty";
const fullText = z.string(TEXT).check(z.minLength(1, TEXT));
const WHOLE = "expected a whole number";
const count = z.int(WHOLE).check(z.nonnegative(WHOLE));
const TIME = "expected a time in Unix ms";
const time = z.int(TIME).check(z.minimum(-LATEST_MS, TIME), z.maximum(LATEST_MS, TIME));
const optionalBoolean = z.optional(z.boolean("expected true or false"));
const MEMBERS = "expected an object with the members of this version and no others";
const LIST = "expected a list";

/** A part of a change: what was done to what. `on` is whether the flag is on there now, where that is known. */
const access = z.strictObject({ action: text, resource: text, on: optionalBoolean }, MEMBERS);

/** Who made a change, as far as LaunchDarkly says; several when a member used a token or an app. */
const actors = {
  member: z.optional(z.strictObject({ id: text, email: text, firstName: text, lastName: text }, MEMBERS)),
  token: z.optional(z.strictObject({ id: text, name: text }, MEMBERS)),
  app: z.optional(z.strictObject({ id: text, name: text }, MEMBERS)),
};

/**
 * One entry of LaunchDarkly's audit log, reduced to what PostHog needs. Texts are LaunchDarkly's, in its markdown, and
 * empty where the entry has none.
 */
const change = z.strictObject(
  {
    /** The entry's `_id`, else the SHA-256 of the entry: the same id is the same change. */
    id: fullText,
    entryId: text,
    accountId: text,
    /** When it happened, Unix ms: the entry's `date`. */
    at: time,
    /** Position in its request. */
    index: count,
    kind: fullText,
    name: text,
    title: text,
    titleVerb: text,
    description: text,
    comment: text,
    accesses: z.array(access, LIST),
    /** Tags of what was changed. */
    tags: z.array(text, LIST),
    /** Key of the flag that an entry of another kind is about. */
    relatedFlag: z.optional(text),
    /** Where LaunchDarkly shows what was changed, relative to its own address. */
    site: text,
    /** True when texts or accesses were cut to fit the message. */
    isCut: optionalBoolean,
    ...actors,
  },
  MEMBERS,
);

/** What a message on the flag-changes queue has besides its kind. */
const flagChangesMembers = {
  v: z.literal(1, "expected 1"),
  connection: fullText,
  acceptedAt: count,
  /** True for changes of long ago that were asked for: PostHog takes them by another way. */
  isHistorical: optionalBoolean,
  changes: z.array(change, LIST).check(z.minLength(1, "expected at least one")),
};

/** The body of a message on the flag-changes queue. */
export const flagChangesMessage = z.strictObject(
  { kind: z.literal("flag.change", "expected flag.change"), ...flagChangesMembers },
  MEMBERS,
);

export type FlagChangesMessage = z.infer<typeof flagChangesMessage>;
export type FlagChange = FlagChangesMessage["changes"][number];

/** Whether a message has the members of {@link flagChangesMembers} and its kind, and no others. */
function hasFlagChangesMembers(message: Json): boolean {
  const { isHistorical, changes } = message;
  return (
    message.v === 1 &&
    isText(message.connection) &&
    isCount(message.acceptedAt) &&
    isAbsentOr(isHistorical, isBoolean) &&
    isListOf(changes, isFlagChange) &&
    hasMembers(message, 5 + presentOf([isHistorical]))
  );
}

function isFlagChange(value: unknown): value is FlagChange {
  if (!isObject(value)) return false;
  const { relatedFlag, isCut, member, token, app } = value;
  return (
    isText(value.id) &&
    isString(value.entryId) &&
    isString(value.accountId) &&
    isTime(value.at) &&
    isCount(value.index) &&
    isText(value.kind) &&
    isString(value.name) &&
    isString(value.title) &&
    isString(value.titleVerb) &&
    isString(value.description) &&
    isString(value.comment) &&
    isEach(value.accesses, isAccess) &&
    isEach(value.tags, isString) &&
    isString(value.site) &&
    isAbsentOr(relatedFlag, isString) &&
    isAbsentOr(isCut, isBoolean) &&
    isAbsentOr(member, isMember) &&
    isAbsentOr(token, isNamed) &&
    isAbsentOr(app, isNamed) &&
    hasMembers(value, 14 + presentOf([relatedFlag, isCut, member, token, app]))
  );
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === "number" && Math.abs(value) <= LATEST_MS;
}

function isAccess(value: unknown): value is FlagChange["accesses"][number] {
  return (
    isObject(value) &&
    isString(value.action) &&
    isString(value.resource) &&
    isAbsentOr(value.on, isBoolean) &&
    hasMembers(value, 2 + presentOf([value.on]))
  );
}

function isMember(value: unknown): value is FlagChange["member"] {
  return (
    isObject(value) &&
    isString(value.id) &&
    isString(value.email) &&
    isString(value.firstName) &&
    isString(value.lastName) &&
    hasMembers(value, 4)
  );
}

function isNamed(value: unknown): value is FlagChange["token"] {
  return isObject(value) && isString(value.id) && isString(value.name) && hasMembers(value, 2);
}

function presentOf(optional: readonly unknown[]): number {
  let present = 0;
  for (const value of optional) if (value !== undefined) present += 1;
  return present;
}

/**
 * Changes whose events PostHog has and whose annotations are still to be written. They are a message of their own, so
 * that an annotation that fails is tried again without its event.
 */
export const flagAnnotationsMessage = z.strictObject(
  { kind: z.literal("flag.annotation"), ...flagChangesMembers },
  "expected an object with the members of this version and no others",
);

/** The body of a message on the flag-changes queue, of either kind. */
export const flagQueueMessage = z.discriminatedUnion(
  "kind",
  [flagChangesMessage, flagAnnotationsMessage],
  "expected kind flag.change or flag.annotation",
);

export type FlagQueueMessage = z.infer<typeof flagQueueMessage>;

/** Whether {@link flagQueueMessage} accepts the value. */
export function isFlagQueueMessage(value: unknown): value is FlagQueueMessage {
  return (
    isObject(value) &&
    (value.kind === "flag.change" || value.kind === "flag.annotation") &&
    hasFlagChangesMembers(value)
  );
}
