import { type LinkText, plainLine } from "./plain-text.ts";
import type { ReadableChange } from "./readable.ts";
import { readResource } from "./resource.ts";

/** Stands where a name or an address stood. It has no letter, so that it cannot be anybody's name. */
export const HIDDEN = "[…]";

/** For `plain-text.ts`: a link to somebody, by mail or in LaunchDarkly, has a name for its text. */
export const hidePeople: LinkText = (text, url) => (/^\s*mailto:|\/members\//i.test(url) ? HIDDEN : text);

/**
 * A change without the name and address of the member who made it, and without anybody's e-mail address. Texts lose
 * the words of the name wherever they stand; a link or tag that holds one goes altogether, as it would be wrong without
 * it. Keys of flags, projects and environments stay: one that holds a name holds it whoever makes the change, and with
 * another key the flag would be another flag.
 */
export function withoutMemberDetails(change: ReadableChange): ReadableChange {
  const isAboutMember = change.kind === "member" || change.accesses.some(isOfMember);
  const { firstName = "", lastName = "", email = "" } = change.member ?? {};
  const hidden = hiddenWords([
    firstName,
    lastName,
    `${firstName} ${lastName}`,
    `${lastName} ${firstName}`,
    email,
    isAboutMember ? change.name : "",
  ]);
  const text = (one: string): string => withoutWords(withoutAddresses(one), hidden);
  const unchanged = (one: string): boolean => text(one) === one;
  // An id may be the name, where there is none.
  const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({
    id: identifier(text(id || name)),
    name: text(name),
  });
  return {
    ...change,
    entryId: identifier(change.entryId),
    accountId: identifier(change.accountId),
    kind: identifier(change.kind),
    name: isAboutMember ? "" : text(change.name),
    title: text(change.title),
    titleVerb: text(change.titleVerb),
    details: text(change.details),
    comment: text(change.comment),
    link: unchanged(change.link) && unchanged(decoded(change.link)) ? change.link : "",
    tags: change.tags.filter(unchanged),
    accesses: change.accesses.map((access) => ({
      ...access,
      action: identifier(access.action),
      resource: withoutAddresses(access.resource),
    })),
    ...(change.relatedFlag !== undefined && { relatedFlag: identifier(change.relatedFlag) }),
    ...(change.member && {
      member: { id: identifier(text(change.member.id)), email: "", firstName: "", lastName: "" },
    }),
    ...(change.token && { token: named(change.token) }),
    ...(change.app && { app: named(change.app) }),
  };
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

/** Everything between two blanks that holds an e-mail address. */
function withoutAddresses(text: string): string {
  if (!ADDRESS_MARK.test(text)) return text;
  return text.replace(/\S+/g, (run) => (/\S(?:@|%40|\uff20|\ufe6b)\S|mailto:/i.test(run) ? HIDDEN : run));
}

/** Letters, digits and the marks on them: what is neither ends a word. An underscore does, too. */
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
/** Between the words of one name: a blank, a hyphen, a dot, a comma and a blank. */
const MAX_GAP_CHARS = 3;
/** A shorter part of a name (`de`, `Jo` of `Jo Ann`) is too often another word. The name as a whole may be shorter. */
const MIN_PART_CHARS = 3;
/** Scripts that put no blanks between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

type HiddenWords = {
  /** Alone, as {@link folded}. */
  readonly words: ReadonlySet<string>;
  /** One after another. */
  readonly phrases: readonly (readonly string[])[];
  /** Anywhere, even inside a word. */
  readonly unspaced: readonly string[];
};

/** Names, their parts, and the words of a name run together. An address is found as such. */
function hiddenWords(names: readonly string[]): HiddenWords {
  const words = new Set<string>();
  const phrases: string[][] = [];
  const unspaced = new Set<string>();
  for (const name of names) {
    if (name === "" || ADDRESS_MARK.test(name)) continue;
    // The title was markdown, of which a name that looks like it has lost its marks.
    for (const written of new Set([name, plainLine(name)])) {
      const parts = written.match(WORDS) ?? [];
      if (parts.length > 1) phrases.push(parts.map(folded));
      if (parts.length > 0) words.add(folded(parts.join("")));
      for (const part of parts) {
        if (part.length >= MIN_PART_CHARS) words.add(folded(part));
        if (UNSPACED.test(part)) for (const form of ["NFC", "NFD"]) unspaced.add(part.normalize(form));
      }
    }
  }
  return { words, phrases, unspaced: [...unspaced].sort((a, b) => b.length - a.length) };
}

/** The same for the same word, in whichever case and however its letters are composed. */
function folded(word: string): string {
  return word.toLowerCase().normalize("NFC");
}

/** Hides what is found, and in one piece what stands together. */
function withoutWords(text: string, { words, phrases, unspaced }: HiddenWords): string {
  if (words.size === 0) return text;
  const spaced = unspaced.reduce((rest, name) => rest.replaceAll(name, HIDDEN), text);
  const found = [...spaced.matchAll(WORDS)].map(({ 0: word, index }) => ({
    word: folded(word),
    start: index,
    end: index + word.length,
  }));
  const isNear = (at: number): boolean =>
    (found[at]?.start ?? 0) - (found[at - 1]?.end ?? 0) <= MAX_GAP_CHARS;
  const hide = found.map(({ word }) => words.has(word));
  for (const phrase of phrases) {
    for (let at = 0; at + phrase.length <= found.length; at += 1) {
      const isHere = phrase.every(
        (word, offset) => found[at + offset]?.word === word && (offset === 0 || isNear(at + offset)),
      );
      if (isHere) hide.fill(true, at, at + phrase.length);
    }
  }
  let out = "";
  let from = 0;
  found.forEach(({ start, end }, at) => {
    if (!hide[at]) return;
    if (!(hide[at - 1] && isNear(at))) out += spaced.slice(from, start) + HIDDEN;
    from = end;
  });
  return out + spaced.slice(from);
}

function decoded(link: string): string {
  try {
    return decodeURIComponent(link);
  } catch {
    return link;
  }
}
