import { type Folded, fold, lettersOf, type Piece, type Word, wordsOf } from "./folded-text.ts";
import { areOrdinary } from "./ordinary-words.ts";

/** The separators between the words of a name: a blank, a hyphen, a dot, a comma and a blank. */
const MAX_GAP_CHARS = 3;
/**
 * A shorter part of a name (`de`, `Jo` of `Jo Ann`) is too often another word. A whole name may be shorter when it is a word
 * of its own.
 */
const MIN_LETTERS = 3;
/** The most parts of a word that are looked up together: enough for `maryAnnVanDerBerg`, and a bound for invented words. */
const MAX_JOINED_PARTS = 8;
/** Only the beginning of a name with more words is searched for: a bound for invented names. */
const MAX_PHRASE_WORDS = 16;
/** Scripts without blanks between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The folded words and phrases to search for in a text. */
export type HiddenWords = {
  /** Words that match alone. */
  readonly words: ReadonlySet<string>;
  /** Phrases, whose words follow one another. */
  readonly phrases: readonly (readonly string[])[];
  /** Texts that match anywhere, even inside a word. */
  readonly unspaced: readonly string[];
  /** The text that replaces them. It must not contain letters, because those could be somebody's name. */
  readonly mark: string;
  /** The number of parts of the longest one. */
  readonly mostParts: number;
};

/**
 * `names` are hidden as a whole and in parts. `aliases` are hidden only as a whole, and not at all if they are too short or
 * consist of ordinary words: `h.powell` and `hpowell` are hidden, but neither `it` nor `release-bot`.
 */
export function hiddenWords({
  names,
  aliases,
  mark,
}: {
  readonly names: readonly string[];
  readonly aliases: readonly string[];
  readonly mark: string;
}): HiddenWords {
  const words = new Set<string>();
  const phrases = new Map<string, readonly string[]>();
  const unspaced = new Set<string>();
  let mostParts = 1;
  const addWhole = (found: readonly Word[]): void => {
    const parts = found.flatMap((word) => word.parts);
    mostParts = Math.min(Math.max(mostParts, parts.length), MAX_JOINED_PARTS);
    for (const form of ["plain", "spelled"] as const) {
      words.add(joined(found, form));
      for (const pieces of [found, parts]) {
        const phrase = pieces.slice(0, MAX_PHRASE_WORDS).map((piece) => piece[form]);
        if (phrase.length > 1) phrases.set(phrase.join(" "), phrase);
      }
    }
  };
  for (const name of names) {
    const found = wordsOf(name);
    if (found.length === 0) continue;
    addWhole(found);
    for (const { plain, spelled, start, end } of found) {
      if (lettersOf(plain) >= MIN_LETTERS) words.add(plain).add(spelled);
      if (UNSPACED.test(name.slice(start, end))) unspaced.add(plain);
    }
  }
  for (const alias of aliases) {
    const found = wordsOf(alias);
    const parts = found.flatMap((word) => word.parts.map(({ plain }) => plain));
    if (lettersOf(parts.join("")) >= MIN_LETTERS && !areOrdinary(parts)) addWhole(found);
  }
  return { words, phrases: [...phrases.values()], unspaced: [...unspaced], mark, mostParts };
}

/** Replaces every match; adjacent matches get one replacement. */
export function withoutWords(text: string, hidden: HiddenWords): string {
  if (!mayHold(text, hidden)) return text;
  const spaced = withoutUnspaced(text, hidden);
  const words = wordsOf(spaced);
  const parts = words.flatMap((word) => word.parts);
  const isHidden = hiddenParts(words, parts, hidden);
  let out = "";
  let from = 0;
  parts.forEach(({ start, end, gap }, at) => {
    if (!isHidden[at]) return;
    if (!(isHidden[at - 1] && gap <= MAX_GAP_CHARS)) out += spaced.slice(from, start) + hidden.mark;
    from = end;
  });
  return out + spaced.slice(from);
}

/** A fast check, because most texts contain no name. A word that matches is always part of the folded text. */
function mayHold(text: string, { words, phrases, unspaced }: HiddenWords): boolean {
  if (words.size === 0) return false;
  const { plain, spelled } = fold(text);
  const isIn = (word: string): boolean =>
    plain.includes(word) || (spelled !== plain && spelled.includes(word));
  return [...words].some(isIn) || unspaced.some(isIn) || phrases.some((phrase) => phrase.every(isIn));
}

/** Says for each part of the words whether it is hidden: with its word, with neighbours in the word, or in a phrase. */
function hiddenParts(
  words: readonly Word[],
  parts: readonly Piece[],
  { words: alone, phrases, mostParts }: HiddenWords,
): readonly boolean[] {
  const isHidden = parts.map(() => false);
  const has = ({ plain, spelled }: Folded): boolean => alone.has(plain) || alone.has(spelled);
  const firstParts: number[] = [];
  let first = 0;
  for (const word of words) {
    firstParts.push(first);
    const end = first + word.parts.length;
    if (has(word)) isHidden.fill(true, first, end);
    else if (word.parts.length > 1)
      for (let at = first; at < end; at += 1) {
        const run = { plain: "", spelled: "" };
        for (let next = at; next < Math.min(end, at + mostParts); next += 1) {
          run.plain += parts[next]?.plain;
          run.spelled += parts[next]?.spelled;
          if (lettersOf(run.plain) >= MIN_LETTERS && has(run)) isHidden.fill(true, at, next + 1);
        }
      }
    first = end;
  }
  firstParts.push(first);
  for (const phrase of phrases) {
    for (const at of placesOf(phrase, words))
      isHidden.fill(true, firstParts[at], firstParts[at + phrase.length]);
    // When no word has several parts, the parts are the words.
    if (parts.length > words.length)
      for (const at of placesOf(phrase, parts)) isHidden.fill(true, at, at + phrase.length);
  }
  return isHidden;
}

/** Returns the places where the pieces of a phrase begin. */
function placesOf(phrase: readonly string[], pieces: readonly Piece[]): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at + phrase.length <= pieces.length; at += 1) {
    const isHere = phrase.every((word, offset) => {
      const piece = pieces[at + offset];
      if (piece?.plain !== word && piece?.spelled !== word) return false;
      return offset === 0 || piece.gap <= MAX_GAP_CHARS;
    });
    if (isHere) places.push(at);
  }
  return places;
}

/** Hides names in scripts without blanks wherever they occur. Each run of matches gets one replacement. */
function withoutUnspaced(text: string, { unspaced: names, mark }: HiddenWords): string {
  if (names.length === 0 || !UNSPACED.test(text)) return text;
  let folded = "";
  const places: number[] = [];
  let at = 0;
  for (const char of text) {
    const { plain } = fold(char);
    folded += plain;
    for (let unit = 0; unit < plain.length; unit += 1) places.push(at);
    at += char.length;
  }
  places.push(text.length);
  const isHidden = new Uint8Array(text.length);
  for (const name of names) {
    for (let found = folded.indexOf(name); found >= 0; found = folded.indexOf(name, found + name.length)) {
      const end = found + name.length;
      // か is a part of が, but another letter.
      if (places[end] === places[end - 1] || /^\p{M}/u.test(folded.slice(end, end + 1))) continue;
      isHidden.fill(1, places[found], places[end]);
    }
  }
  let out = "";
  for (let index = 0; index < text.length; index += 1) {
    if (!isHidden[index]) out += text[index];
    else if (!isHidden[index - 1]) out += mark;
  }
  return out;
}

function joined(words: readonly Folded[], form: keyof Folded): string {
  return words.map((word) => word[form]).join("");
}
