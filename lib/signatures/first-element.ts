/** The text of a JSON list's first element, byte for byte, and whether it is the only one. */
export type FirstElement = { readonly text: string; readonly isOnly: boolean };

/**
 * Cuts the first element out of the text of a JSON list: a signature is over the bytes, and what parsing and
 * serializing gives may differ from them. Undefined for what is no list or has no element. Of a text that is no JSON
 * the answer means nothing. Takes time in proportion to the element, whatever is in it.
 */
export function firstElement(text: string): FirstElement | undefined {
  const opening = afterBlanks(text, 0);
  if (text[opening] !== "[") return undefined;
  const start = afterBlanks(text, opening + 1);
  const end = endOfElement(text, start);
  if (end === undefined || end === start) return undefined;
  return { text: text.slice(start, end).trimEnd(), isOnly: text[end] === "]" };
}

/** Where the comma or bracket behind an element stands. */
function endOfElement(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    switch (text[at]) {
      case '"': {
        const end = closingQuote(text, at);
        if (end === undefined) return undefined;
        at = end;
        break;
      }
      case "{":
      case "[":
        depth += 1;
        break;
      case ",":
        if (depth === 0) return at;
        break;
      case "}":
      case "]":
        if (depth === 0) return at;
        depth -= 1;
        break;
    }
  }
  return undefined;
}

function closingQuote(text: string, opening: number): number | undefined {
  let at = text.indexOf('"', opening + 1);
  while (at !== -1) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return undefined;
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (BLANKS.has(text[at] ?? "")) at += 1;
  return at;
}

/** The white space of JSON. */
const BLANKS: ReadonlySet<string> = new Set([" ", "\t", "\n", "\r"]);
