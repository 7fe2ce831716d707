/**
 * A text as people compare it: without case, accents and width, and without characters that nobody sees. `spelled` writes
 * out what German and the Nordic languages write out without their keyboard: `Müller` is `muller`, and spelled `mueller`.
 */
export type Folded = { readonly plain: string; readonly spelled: string };

/** A word of a text, or a part of one: from `start` to before `end`. `gap`: characters that can be seen between it and what comes before it. */
export type Piece = Folded & { readonly start: number; readonly end: number; readonly gap: number };

/** `parts`: `henriettaPowell2` has three of them. Nearly always a word has one. */
export type Word = Piece & { readonly parts: readonly Piece[] };

const ASCII = /^[\0-\x7f]*$/;
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;
const ALL_UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
/**
 * Accents of Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic. The marks of Indic scripts stay:
 * there they are the vowels, and without them one word would be another.
 */
const ACCENT = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/;
/** Letters that Unicode does not take apart. */
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

/** Folds a text, in time that grows with its length alone. */
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

/** What stands for a diaeresis or a ring where there is none: `ue` for `ü`, `aa` for `å`. */
function writtenOut(letter: string, accent: string): string {
  if (accent === "\u0308" && /[aou]/.test(letter)) return "e";
  return accent === "\u030a" && letter === "a" ? "a" : "";
}

/** Letters of a folded text, as people count them: the three signs of a Korean syllable are one. */
export function lettersOf(plain: string): number {
  return ASCII.test(plain) ? plain.length : [...plain.normalize("NFC")].length;
}

type CharKind = "upper" | "lower" | "other" | "digit" | "joined" | "outside";

/** `joined` goes with the letter before it: marks, and what nobody sees. An underscore is outside of words. */
function kindOf(char: string): CharKind {
  const ascii = ASCII_KINDS[char.charCodeAt(0)];
  if (ascii) return ascii;
  if (/[\p{M}\p{Default_Ignorable_Code_Point}]/u.test(char)) return "joined";
  if (/\p{Ll}/u.test(char)) return "lower";
  if (/[\p{Lu}\p{Lt}]/u.test(char)) return "upper";
  if (/\p{N}/u.test(char)) return "digit";
  return /\p{L}/u.test(char) ? "other" : "outside";
}

/** Nearly every character is one of these, and every one of a long text is asked for its kind. */
const ASCII_KINDS: readonly CharKind[] = Array.from({ length: 128 }, (_, code): CharKind => {
  const char = String.fromCharCode(code);
  if (/[a-z]/.test(char)) return "lower";
  if (/[A-Z]/.test(char)) return "upper";
  return /[0-9]/.test(char) ? "digit" : "outside";
});

/** The words of a text, and where each of them is one of several that were written together. */
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
      // `HTTPServer`: the last capital belongs to what follows.
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

/** Whether a new part begins between two characters of a word. */
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
