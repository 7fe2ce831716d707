import type { FlagChange } from "../messages/flag-changes.ts";
import { hiddenWords, withoutWords } from "./hidden-words.ts";
import { type LinkText, plainLine, plainLines } from "./plain-text.ts";
import { readResource } from "./resource.ts";

/** A change as people read it: its texts are plain, and its link leads somewhere or is empty. */
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

/** Everything that leaves Flagbridge about a change is made of this. */
export function readableChange(
  change: FlagChange,
  { memberDetails, appUrl }: ReadableSettings,
): ReadableChange {
  const linkText = memberDetails ? undefined : hidePeople;
  // Member by member: to copy all but some of them takes several times as long, and this is done for every change.
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

/** Stands where a name or an address stood. It has no letter, so that it cannot be anybody's name. */
export const HIDDEN = "[…]";

/** For `plain-text.ts`: a link to somebody, by mail or in LaunchDarkly, has a name for its text. */
const hidePeople: LinkText = (text, url) => (/^\s*mailto:|\/members\//i.test(url) ? HIDDEN : text);

/**
 * A change without the name and address of the member who made it, and without anybody's e-mail address. Texts lose
 * the words of the name wherever they stand, and what stands before the `@` of the member's address; a link or tag that
 * holds one goes altogether, as it would be wrong without it. Where nothing says what the member is called, a token's name
 * may be what says it, and goes as a whole. Keys of flags, projects and environments stay: one that holds a name holds it
 * whoever makes the change, and with another key the flag would be another flag.
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
  // An id may be the name, where there is none.
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

/** What the member is called, and a member whom the change is about, as it is written and as it is in a plain title. */
function namesOf(member: ReadableChange["member"], changed: string): readonly string[] {
  const { firstName = "", lastName = "", email = "" } = member ?? {};
  return [firstName, lastName, `${firstName} ${lastName}`, `${lastName} ${firstName}`, email, changed]
    .filter((name) => !ADDRESS_MARK.test(name))
    .flatMap((name) => [name, plainLine(name)]);
}

/** What stands before the `@` of an address, without the `+` and what is behind it: the same mailbox has many of those. */
function localPartsOf(address = ""): readonly string[] {
  const [local = "", ...rest] = address.split(/@|%40|\uff20|\ufe6b/i);
  return rest.length === 0 ? [] : [local.replace(/^mailto:/i, ""), local.replace(/^mailto:|\+.*$/gi, "")];
}

function isOfMember({ resource }: { readonly resource: string }): boolean {
  return readResource(resource).at(-1)?.type === "member";
}

/** An id becomes part of a longer text, where whatever is like an address would be one. */
function identifier(id: string): string {
  return ADDRESS_MARK.test(id) ? HIDDEN : id;
}

/** What makes an address, also when it is written for a URL or in full width. */
const ADDRESS_MARK = /@|%40|\uff20|\ufe6b|mailto:/i;

/** Everything between two blanks that holds an e-mail address. U+FEFF is white space to a pattern, and to nobody's eye. */
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
