import type { FlagChange } from "../messages/flag-changes.ts";
import { hiddenWords, withoutWords } from "./hidden-words.ts";
import { type LinkText, plainLine, plainLines } from "./plain-text.ts";
import { readResource } from "./resource.ts";

/** A change for people to read: its texts are plain, and its link is absolute or empty. */
export type ReadableChange = Omit<FlagChange, "description" | "site"> & {
  readonly details: string;
  readonly link: string;
};

export type ReadableSettings = {
  /** False leaves out the name and e-mail address of the member who made the change. */
  readonly memberDetails: boolean;
  /** Address of the LaunchDarkly whose change it is, for example https://app.launchdarkly.com */
  readonly appUrl: string;
};

/** Everything that Flagbridge sends about a change is built from this. */
export function readableChange(
  change: FlagChange,
  { memberDetails, appUrl }: ReadableSettings,
): ReadableChange {
  const linkText = memberDetails ? undefined : hidePeople;
  // Members are copied one by one: a spread without some of them takes several times as long, and every change needs this.
  const readable = {
    id: change.id,
    entryId: change.entryId,
    accountId: change.accountId,
    at: change.at,
    index: change.index,
    kind: change.kind,
    name: change.name,
    title: plainLine(change.title, linkText),
    titleVerb: change.titleVerb,
    details: plainLines(change.description, linkText),
    comment: change.comment,
    accesses: change.accesses,
    tags: change.tags,
    relatedFlag: change.relatedFlag,
    link: absoluteLink(change.site, appUrl),
    isCut: change.isCut,
    member: change.member,
    token: change.token,
    app: change.app,
  } satisfies { readonly [Member in keyof Required<ReadableChange>]: unknown };
  return memberDetails ? readable : withoutMemberDetails(readable);
}

function absoluteLink(site: string, appUrl: string): string {
  const url = site === "" ? null : URL.parse(site, appUrl);
  return url && /^https?:$/.test(url.protocol) ? url.href : "";
}

/** Replaces a name or an address. It contains no letter, so that it cannot be anybody's name. */
export const HIDDEN = "[…]";

/** For `plain-text.ts`: the text of a link to a person, by mail or in LaunchDarkly, is a name. */
const hidePeople: LinkText = (text, url) => (/^\s*mailto:|\/members\//i.test(url) ? HIDDEN : text);

/**
 * Removes the name and address of the member who made a change, and everybody's e-mail address. In texts it hides the words
 * of the name everywhere, and the part of the member's address before the `@`. It removes a link or tag that contains one,
 * because the rest would be wrong. If nothing states the member's name, a token's name may contain it and is removed. Keys
 * of flags, projects and environments stay: they do not depend on who made the change, and another key would mean another
 * flag.
 */
function withoutMemberDetails(change: ReadableChange): ReadableChange {
  const isAboutMember = change.kind === "member" || change.accesses.some(isOfMember);
  const { member, token } = change;
  const isNameKnown = (member?.firstName ?? "") + (member?.lastName ?? "") !== "";
  const names = namesOf(member, isAboutMember ? change.name : "");
  const aliases = [member?.email, member?.firstName, member?.lastName].flatMap(localPartsOf);
  const hidden = hiddenWords({ names, aliases, mark: HIDDEN });
  const hiddenInProse =
    isNameKnown || !token ? hidden : hiddenWords({ names, aliases: [...aliases, token.name], mark: HIDDEN });
  const text = (one: string): string => withoutWords(withoutAddresses(one), hidden);
  const prose = (one: string): string => withoutWords(withoutAddresses(one), hiddenInProse);
  const unchanged = (one: string): boolean => text(one) === one;
  // Without a name, the id may serve as the name.
  const named = ({ id, name }: Named): Named => ({ id: identifier(text(id || name)), name: text(name) });
  return {
    ...change,
    entryId: identifier(change.entryId),
    accountId: identifier(change.accountId),
    kind: identifier(change.kind),
    name: isAboutMember ? "" : text(change.name),
    title: prose(change.title),
    titleVerb: text(change.titleVerb),
    details: prose(change.details),
    comment: prose(change.comment),
    link: [...new Set([change.link, decoded(change.link)])].every(unchanged) ? change.link : "",
    tags: change.tags.filter(unchanged),
    accesses: change.accesses.map((access) => ({
      ...access,
      action: identifier(access.action),
      resource: withoutAddresses(access.resource),
    })),
    ...(change.relatedFlag !== undefined && { relatedFlag: identifier(change.relatedFlag) }),
    ...(member && {
      member: { id: identifier(text(member.id)), email: "", firstName: "", lastName: "" },
    }),
    ...(token && { token: named(isNameKnown || token.name === "" ? token : { ...token, name: HIDDEN }) }),
    ...(change.app && { app: named(change.app) }),
  };
}

type Named = { readonly id: string; readonly name: string };

/** The names of the member and of a member whom the change is about, as written and as they appear in a plain title. */
function namesOf(member: ReadableChange["member"], changed: string): readonly string[] {
  const { firstName = "", lastName = "", email = "" } = member ?? {};
  return [firstName, lastName, `${firstName} ${lastName}`, `${lastName} ${firstName}`, email, changed]
    .filter((name) => !ADDRESS_MARK.test(name))
    .flatMap((name) => [name, plainLine(name)]);
}

/** The part of an address before the `@`, without a `+` and what follows it: one mailbox has many of those. */
function localPartsOf(address = ""): readonly string[] {
  const [local = "", ...rest] = address.split(/@|%40|\uff20|\ufe6b/i);
  return rest.length === 0 ? [] : [local.replace(/^mailto:/i, ""), local.replace(/^mailto:|\+.*$/gi, "")];
}

function isOfMember({ resource }: { readonly resource: string }): boolean {
  return readResource(resource).at(-1)?.type === "member";
}

/** An id becomes part of a longer text, in which anything that looks like an address counts as one. */
function identifier(id: string): string {
  return ADDRESS_MARK.test(id) ? HIDDEN : id;
}

/** The characters that mark an address, also encoded for a URL or in full width. */
const ADDRESS_MARK = /@|%40|\uff20|\ufe6b|mailto:/i;

/** Everything between two blanks that contains an e-mail address. U+FEFF is white space to a pattern, but invisible to people. */
function withoutAddresses(text: string): string {
  if (!ADDRESS_MARK.test(text)) return text;
  return text.replace(/[\S\ufeff]+/g, (run) =>
    /[\S\ufeff](?:@|%40|\uff20|\ufe6b)[\S\ufeff]|mailto:/i.test(run) ? HIDDEN : run,
  );
}

function decoded(link: string): string {
  try {
    return decodeURIComponent(link);
  } catch {
    return link;
  }
}
