import { isObject, type Json } from "../json.ts";
import { textBytes } from "../messages/ascii-json.ts";
import type { FlagChange } from "../messages/flag-changes.ts";
import { LATEST_MS } from "../messages/flag-changes.ts";
import { directionsOf } from "./direction.ts";
import { readResource } from "./resource.ts";

type Access = FlagChange["accesses"][number];

export type Reduced =
  | { readonly kind: "change"; readonly change: FlagChange }
  /** `expected` says what is missing and quotes nothing. */
  | { readonly kind: "no-entry"; readonly field: string; readonly expected: string };

/**
 * The bytes that each text may have in a message of at most 60,000, with quotes and escapes: an entry that repeats a rule
 * with thousands of targets must not be lost. A change with a cut text says `truncated`.
 */
const BYTES = {
  description: 24_000,
  accesses: 12_000,
  comment: 8_000,
  title: 6_000,
  tags: 2_000,
  name: 1_500,
  short: 600,
};

/**
 * Reduces an entry of LaunchDarkly's audit log, from a webhook or from the list, to what PostHog needs. It keeps only the
 * few facts of the versions before and after that nothing else states: versions are large and contain other people's e-mail
 * addresses. Optional members may be absent or of another type; unknown kinds and actions are allowed.
 *
 * The id of an entry without `_id` is the digest of the reduced entry.
 * https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryRep.md
 */
export function reduceEntry(
  entry: unknown,
  { index, digest }: { readonly index: number; readonly digest: (text: string) => string },
): Reduced {
  if (!isObject(entry)) return noEntry("", "expected an audit-log entry of LaunchDarkly: an object");
  const kind = textOf(entry.kind);
  if (kind === "") return noEntry("kind", "expected the kind of an audit-log entry, a text");
  const at = entry.date;
  if (typeof at !== "number" || !Number.isInteger(at) || Math.abs(at) > LATEST_MS)
    return noEntry("date", "expected the time of an audit-log entry, in Unix ms");
  const entryId = textOf(entry._id);
  if (entryId === "" && !Array.isArray(entry.accesses))
    return noEntry("_id", "expected the id of an audit-log entry, a text");
  const illFormed = illFormedId(entry);
  if (illFormed !== undefined)
    return noEntry(illFormed, "expected an id of valid Unicode, found half of a surrogate pair");

  const accesses = accessesOf(entry);
  const fitting = fitAccesses(accesses);
  let isCut = fitting.length < accesses.length;
  const cut = (value: unknown, bytes: number): string => {
    const whole = textOf(value);
    const text = cutText(whole, bytes);
    if (text !== whole) isCut = true;
    return text;
  };
  const { member, token, app, relatedFlag } = entry;
  const change = {
    entryId: cut(entryId, BYTES.short),
    accountId: cut(entry._accountId, BYTES.short),
    at,
    index,
    kind: cut(kind, BYTES.short),
    name: cut(entry.name, BYTES.name),
    title: cut(entry.title, BYTES.title),
    titleVerb: cut(entry.titleVerb, BYTES.short),
    description: cut(entry.description, BYTES.description),
    comment: cut(entry.comment, BYTES.comment),
    accesses: fitting,
    tags: tagsOf(entry, accesses),
    ...(isObject(relatedFlag) && { relatedFlag: cut(relatedFlag.key, BYTES.short) }),
    site: cut(siteOf(entry), BYTES.short),
    ...(isObject(member) && {
      member: {
        id: cut(member._id, BYTES.short),
        email: cut(member.email, BYTES.short),
        firstName: cut(member.firstName, BYTES.short),
        lastName: cut(member.lastName, BYTES.short),
      },
    }),
    ...(isObject(token) && {
      token: { id: cut(token._id, BYTES.short), name: cut(token.name, BYTES.short) },
    }),
    ...(isObject(app) && { app: { id: cut(app._id, BYTES.short), name: cut(app.name, BYTES.short) } }),
  };
  const id = change.entryId === "" ? digest(JSON.stringify(change)) : change.entryId;
  return { kind: "change", change: { id, ...change, ...(isCut && { isCut }) } };
}

/**
 * Returns the first id that is not valid Unicode. UTF-8 cannot encode half of a surrogate pair, so two ids would become one,
 * and with them two events or two people. Other texts are only displayed, and get U+FFFD instead.
 */
function illFormedId({ _id, _accountId, member, token, app }: Json): string | undefined {
  const named = Object.entries({ member, token, app }).map(([name, one]): [string, unknown] => [
    `${name}._id`,
    isObject(one) ? one._id : undefined,
  ]);
  const ids: [string, unknown][] = [["_id", _id], ["_accountId", _accountId], ...named];
  return ids.find(([, id]) => typeof id === "string" && !id.isWellFormed())?.[0];
}

function noEntry(field: string, expected: string): Reduced {
  return { kind: "no-entry", field, expected };
}

function accessesOf(entry: Json): Access[] {
  const { accesses } = entry;
  if (!Array.isArray(accesses)) return [];
  const directionOf = directionsOf(entry);
  return accesses.filter(isObject).map((one): Access => {
    const action = textOf(one.action);
    const resource = textOf(one.resource);
    const on = directionOf({ action, resource });
    return { action, resource, ...(on !== undefined && { on }) };
  });
}

/** A change in all environments of a project names each of them, which may be hundreds. */
function fitAccesses(accesses: readonly Access[]): Access[] {
  let bytes = 0;
  return accesses.filter((access) => {
    bytes +=
      textBytes(access.action) + textBytes(access.resource) + '{"action":,"resource":,"on":false},'.length;
    return bytes <= BYTES.accesses;
  });
}

/** The tags of the resource itself, not of its project and environment. The list has them only in the specifier. */
function tagsOf(entry: Json, accesses: readonly Access[]): string[] {
  const current = entry.currentVersion;
  const given: unknown[] = isObject(current) && Array.isArray(current.tags) ? current.tags : [];
  const named = accesses.flatMap(({ resource }) => readResource(resource).at(-1)?.tags ?? []);
  let bytes = 0;
  return [...new Set([...named, ...given.map(textOf)])].filter((tag) => {
    bytes += textBytes(tag) + 1;
    return tag !== "" && bytes <= BYTES.tags;
  });
}

function siteOf({ _links: links }: Json): unknown {
  const site = isObject(links) ? links.site : undefined;
  return isObject(site) ? site.href : undefined;
}

/** Cuts a text to a number of bytes, with an ellipsis in place of the rest. */
function cutText(text: string, bytes: number): string {
  // No character takes more than six bytes.
  if (text.length * 6 + 2 <= bytes || textBytes(text) <= bytes) return text;
  let [fits, tooLong] = [0, text.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (textBytes(`${text.slice(0, middle)}…`) <= bytes) fits = middle;
    else tooLong = middle;
  }
  return `${text.slice(0, fits).toWellFormed()}…`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim().toWellFormed() : "";
}
