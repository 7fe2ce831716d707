/** Returns the plain text for a link; its `text` is already plain. */
export type LinkText = (text: string, url: string) => string;

const textAlone: LinkText = (text) => text;

/**
 * Converts LaunchDarkly's markdown of one line, such as a title, to plain text: links become their text, backticks become
 * quotes; the marks of bold, struck and emphasized text and the backslash that escapes punctuation are removed. A mark
 * without its other half and a bracket without a URL stay. It takes time proportional to the length.
 * https://spec.commonmark.org/0.31.2/#inlines
 */
export function plainLine(markdown: string, linkText: LinkText = textAlone): string {
  return plainInline(markdown.replace(/[\r\n]/g, " "), linkText).trim();
}

/**
 * The same as {@link plainLine} for a text of many lines, such as the details of a change. It also removes bullets, the marks
 * of headings and blank lines, and indents quoted lines by two.
 */
export function plainLines(markdown: string, linkText: LinkText = textAlone): string {
  const lines: string[] = [];
  let isQuoted = false;
  for (const line of markdown.split(/\r\n?|\n/)) {
    const { text, starts } = lineOf(line);
    // A line that starts nothing new continues the quotation above it.
    isQuoted = text !== "" && (starts === "quote" || (isQuoted && starts === "nothing"));
    const plain = plainInline(text, linkText).trim();
    if (plain !== "") lines.push(isQuoted ? `  ${plain}` : plain);
  }
  return lines.join("\n");
}

function lineOf(line: string): {
  readonly text: string;
  readonly starts: "quote" | "item" | "heading" | "nothing";
} {
  const text = line.trim();
  const quote = /^(?:>\s*)+/.exec(text);
  if (quote) return { text: text.slice(quote[0].length), starts: "quote" };
  if (/^[*+-](?:\s|$)/.test(text)) return { text: text.slice(1), starts: "item" };
  const heading = /^#{1,6}(?:\s+|$)/.exec(text);
  if (!heading) return { text, starts: "nothing" };
  return { text: withoutClosingMarks(text.slice(heading[0].length)), starts: "heading" };
}

/** `Copied ##` → `Copied`; `C#` stays. */
function withoutClosingMarks(heading: string): string {
  let end = heading.length;
  while (heading[end - 1] === "#") end -= 1;
  return end < heading.length && /\s/.test(heading[end - 1] ?? " ") ? heading.slice(0, end) : heading;
}

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const SPACE = /\s/;
const MARKS = ["**", "~~", "*"] as const;
type Mark = (typeof MARKS)[number];

/**
 * One pass from left to right. `pieces` is the output so far. A mark or bracket that may open something is a piece of its
 * own, and its place is remembered until its other half is found.
 */
function plainInline(text: string, linkText: LinkText): string {
  const special = /[\\`*~[\]]/g;
  if (!special.test(text)) return text;
  const pieces: string[] = [];
  const brackets: number[] = [];
  const opened: Record<Mark, number[]> = { "**": [], "~~": [], "*": [] };
  const codes = codeSpans(text);
  const urls = urlReader(text);
  let from = 0;
  const take = (piece: string, end: number): void => {
    pieces.push(piece);
    from = end;
    special.lastIndex = end;
  };
  const readMark = (mark: Mark, at: number): void => {
    const end = at + mark.length;
    const opener = isSpace(text[at - 1]) ? undefined : opened[mark].pop();
    if (opener !== undefined) {
      pieces[opener] = "";
      take("", end);
      return;
    }
    if (!isSpace(text[end])) opened[mark].push(pieces.length);
    take(mark, end);
  };
  const readBracketEnd = (at: number): void => {
    const opener = brackets.pop();
    const url = opener === undefined ? undefined : urls(at + 1);
    if (opener === undefined || !url) {
      take("]", at + 1);
      return;
    }
    const inner = pieces.splice(opener).slice(1).join("");
    for (const mark of MARKS) while ((opened[mark].at(-1) ?? -1) >= opener) opened[mark].pop();
    take(linkText(inner, url.url), url.end);
  };
  special.lastIndex = 0;
  for (let found = special.exec(text); found; found = special.exec(text)) {
    const at = found.index;
    if (at > from) pieces.push(text.slice(from, at));
    const next = text[at + 1] ?? "";
    switch (found[0]) {
      case "\\":
        if (PUNCTUATION.test(next)) take(next, at + 2);
        else take("\\", at + 1);
        break;
      case "`": {
        const code = codes(at);
        take(`'${code.text}${code.isClosed ? "'" : ""}`, code.end);
        break;
      }
      case "[":
        brackets.push(pieces.length);
        take("[", at + 1);
        break;
      case "]":
        readBracketEnd(at);
        break;
      case "*":
        readMark(next === "*" ? "**" : "*", at);
        break;
      default:
        if (next === "~") readMark("~~", at);
        else take("~", at + 1);
    }
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || SPACE.test(character);
}

/**
 * Reads the code that starts at a backtick; nothing in it is markdown. It ends at the next run of as many backticks; without
 * one, the run is an ordinary quote. Calls must go from left to right.
 */
function codeSpans(text: string) {
  let runs: Map<number, number[]> | undefined;
  return (at: number): { readonly text: string; readonly isClosed: boolean; readonly end: number } => {
    runs ??= backtickRuns(text);
    let start = at;
    while (text[start] === "`") start += 1;
    const length = start - at;
    const places = runs.get(length) ?? [];
    // The list is in reverse order, so the places that were passed can be popped.
    while ((places.at(-1) ?? text.length) < start) places.pop();
    const close = places.pop();
    if (close === undefined) return { text: "", isClosed: false, end: start };
    return { text: text.slice(start, close), isClosed: true, end: close + length };
  };
}

function backtickRuns(text: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (const { 0: run, index } of [...text.matchAll(/`+/g)].reverse()) {
    const places = runs.get(run.length);
    if (places) places.push(index);
    else runs.set(run.length, [index]);
  }
  return runs;
}

/**
 * Reads the `(…)` of nearly every link, which has no inner parentheses and nothing escaped, without reading the rest of the
 * text. It stops at the next parenthesis, so that all calls together read a text once.
 */
const PLAIN_URL = /\([^\s()\\]*\)/y;

/** Reads the `(…)` after a link's text: balanced parentheses without white space. Calls must go from left to right. */
function urlReader(text: string) {
  let ends: Map<number, number> | undefined;
  let space = -1;
  return (at: number): { readonly url: string; readonly end: number } | undefined => {
    if (text[at] !== "(") return undefined;
    PLAIN_URL.lastIndex = at;
    if (PLAIN_URL.test(text)) {
      const end = PLAIN_URL.lastIndex;
      return { url: text.slice(at + 1, end - 1), end };
    }
    ends ??= closingParentheses(text);
    const end = ends.get(at);
    if (end === undefined) return undefined;
    if (space < at) {
      space = at;
      while (space < text.length && !isSpace(text[space])) space += 1;
    }
    if (space < end) return undefined;
    return { url: text.slice(at + 1, end).replace(/\\([!-/:-@[-`{-~])/g, "$1"), end: end + 1 };
  };
}

function closingParentheses(text: string): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "\\") at += 1;
    else if (character === "(") open.push(at);
    else if (character === ")") {
      const start = open.pop();
      if (start !== undefined) ends.set(start, at);
    }
  }
  return ends;
}
