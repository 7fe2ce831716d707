/**
 * What a terminal obeys or hides: control characters of both sets, among them those of escape sequences, and marks that turn or
 * part the text around them. A context key, a cause of a dead letter or a strange server's answer may have any of them.
 * https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters, https://trojansource.codes/
 */
const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** A value from outside on one line, with nothing in it that a terminal obeys: such a character is shown as JSON escapes it. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** The same of text of several lines, whose line ends stay. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN, (character) => (character === "\n" ? character : escaped(character)));
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
