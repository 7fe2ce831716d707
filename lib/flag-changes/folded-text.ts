/**
 * A text for comparison: without case, accents, width and invisible characters. `spelled` replaces letters as German and the
 * Nordic languages do without their keyboard: `Müller` folds to `muller`, and spelled to `mueller`.
 */
export type Folded = { readonly plain: string; readonly spelled: string };

/** A word of a text, or a part of one: from `start` to before `end`. `gap` counts the visible characters before it. */
export type Piece = Folded & { readonly start: number; readonly end: number; readonly gap: number };

/** `parts` of a word: `henriettaPowell2` has three, but nearly every word has one. */
export type Word = Piece & { readonly parts: readonly Piece[] };

const ASCII = /^[\0-\x7f]*$/;
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;
const ALL_UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
/**
 * Accents of Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic. The marks of Indic scripts are
 * not listed, because they are vowels: without them a word would become another word.
 */
const ACCENT = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/;
/** Letters that Unicode does not decompose. */
const LETTERS: ReadonlyMap<string, Folded> = new Map(
  [
    ["ß", "ss"],
    ["ø", "o", "oe"],
    ["ł", "l"],
    ["đ", "d"],
    ["ð", "d"],
    ["þ", "th"],
    ["æ", "ae"],
    ["œ", "oe"],
    ["ı", "i"],
    ["ħ", "h"],
    ["ŋ", "ng"],
    ["ς", "σ"],
  ].map(([letter = "", plain = "", spelled = plain]) => [letter, { plain, spelled }]),
);

/** Folds a text in time proportional to its length. */
export function fold(text: string): Folded {
  if (ASCII.test(text)) {
    const plain = text.toLowerCase();
    return { plain, spelled: plain };
  }
  let plain = "";
  let spelled = "";
  let before = "";
  for (const char of text.normalize("NFKD").toLowerCase()) {
    if (char < "\x80") {
      plain += char;
      spelled += char;
      before = char;
      continue;
    }
    if (ACCENT.test(char)) {
      spelled += writtenOut(before, char);
      before = "";
      continue;
    }
    if (UNSEEN.test(char)) continue;
    before = char;
    const letter = LETTERS.get(char);
    plain += letter?.plain ?? char;
    spelled += letter?.spelled ?? char;
  }
  return { plain, spelled };
}

/** Spellings without a diaeresis or a ring: `ue` for `ü`, `aa` for `å`. */
function writtenOut(letter: string, accent: string): string {
  if (accent === "\u0308" && /[aou]/.test(letter)) return "e";
  return accent === "\u030a" && letter === "a" ? "a" : "";
}

/** Counts the letters of a folded text as people do: the three signs of a Korean syllable are one letter. */
export function lettersOf(plain: string): number {
  return ASCII.test(plain) ? plain.length : [...plain.normalize("NFC")].length;
}

type CharKind = "upper" | "lower" | "other" | "digit" | "joined" | "outside";

/** `joined` characters belong to the letter before them: marks and invisible characters. An underscore is outside of words. */
function kindOf(char: string): CharKind {
  const ascii = ASCII_KINDS[char.charCodeAt(0)];
  if (ascii) return ascii;
  if (/[\p{M}\p{Default_Ignorable_Code_Point}]/u.test(char)) return "joined";
  if (/\p{Ll}/u.test(char)) return "lower";
  if (/[\p{Lu}\p{Lt}]/u.test(char)) return "upper";
  if (/\p{N}/u.test(char)) return "digit";
  return /\p{L}/u.test(char) ? "other" : "outside";
}

/** Nearly every character is one of these, so a table answers fast for the many characters of a long text. */
const ASCII_KINDS: readonly CharKind[] = Array.from({ length: 128 }, (_, code): CharKind => {
  const char = String.fromCharCode(code);
  if (/[a-z]/.test(char)) return "lower";
  if (/[A-Z]/.test(char)) return "upper";
  return /[0-9]/.test(char) ? "digit" : "outside";
});

/** Returns the words of a text, and the parts of each word that joins several words. */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let cuts: number[] = [];
  let end = 0;
  let lastEnd = 0;
  let before: CharKind = "outside";
  let capitals = 0;
  let lastCapitalAt = 0;
  const close = (): void => {
    if (before === "outside") return;
    const [start = end] = cuts;
    const gap = visibleChars(text.slice(lastEnd, start));
    words.push(wordAt(text, cuts, { end, gap }));
    before = "outside";
    lastEnd = end;
  };
  let at = 0;
  for (const char of text) {
    const kind = kindOf(char);
    if (kind === "outside") close();
    else if (kind !== "joined") {
      if (before === "outside") cuts = [at];
      else if (isCut(before, kind)) cuts.push(at);
      // In `HTTPServer` the last capital belongs to the next part.
      else if (kind === "lower" && capitals > 1) cuts.push(lastCapitalAt);
      capitals = kind === "upper" ? capitals + 1 : 0;
      if (kind === "upper") lastCapitalAt = at;
      before = kind;
    }
    at += char.length;
    if (before !== "outside") end = at;
  }
  close();
  return words;
}

/** Says whether a new part begins between two characters of a word. */
function isCut(before: CharKind, kind: CharKind): boolean {
  if (before === kind) return false;
  return !(before === "upper" && kind === "lower");
}

function wordAt(
  text: string,
  cuts: readonly number[],
  { end, gap }: { readonly end: number; readonly gap: number },
): Word {
  const parts = cuts.map((start, index): Piece => {
    const partEnd = cuts[index + 1] ?? end;
    return { ...fold(text.slice(start, partEnd)), start, end: partEnd, gap: index === 0 ? gap : 0 };
  });
  const [first] = parts;
  if (first && parts.length === 1) return { ...first, parts };
  return {
    plain: parts.map(({ plain }) => plain).join(""),
    spelled: parts.map(({ spelled }) => spelled).join(""),
    start: cuts[0] ?? end,
    end,
    gap,
    parts,
  };
}

function visibleChars(text: string): number {
  return ASCII.test(text) ? text.length : text.replace(ALL_UNSEEN, "").length;
}
