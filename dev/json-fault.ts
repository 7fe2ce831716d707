/**
 * Where a text stops being JSON, as editors count: the parser's own message quotes the text, which may be a secret, and
 * often has no place in it. Undefined when it is JSON.
 */
export function placeOfJsonFault(text: string): string | undefined {
  if (startsJson(text, text.length) === "whole") return undefined;
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (startsJson(text, middle) === "no") bad = middle;
    else good = middle;
  }
  const lines = text.slice(0, good).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** Whether the first characters of a text are JSON, or could be if more followed. */
function startsJson(text: string, length: number): "whole" | "begun" | "no" {
  try {
    JSON.parse(text.slice(0, length));
    return "whole";
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const at = /at position (\d+)/.exec(message)?.[1];
    const endedEarly =
      /end of JSON input|Unterminated/.test(message) || (at !== undefined && Number(at) >= length);
    return endedEarly ? "begun" : "no";
  }
}
