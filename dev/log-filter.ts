/** Whether a line of a log matches; or what is wrong with the pattern. */
export type LogFilter =
  | { readonly kind: "filter"; readonly matches: (line: string) => boolean }
  | { readonly kind: "refused"; readonly message: string };

/**
 * CloudWatch's filter patterns, as far as the runbook uses them, and no more lenient: words (all of them, or one of those
 * with a `?`), phrases in double quotes, and `{ $.field = value }`. A word with anything but letters, digits and `_` needs
 * the quotes, and without them CloudWatch refuses it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function logFilter(pattern: string): LogFilter {
  const text = pattern.trim();
  return text.startsWith("{") ? jsonFilter(text) : termFilter(text);
}

const JSON_PATTERN = /^\{\s*\$\.(\w+)\s*(=|!=|>=|<=|>|<)\s*("[^"]*"|-?\d+(?:\.\d+)?)\s*\}$/;

function jsonFilter(text: string): LogFilter {
  const [, field = "", operator = "", expected = ""] = JSON_PATTERN.exec(text) ?? [];
  if (field === "") return refused("expected { $.field = value }, with =, !=, <, <=, > or >=");
  const value: unknown = JSON.parse(expected);
  return {
    kind: "filter",
    matches: (line) => {
      const found = fieldOf(line, field);
      if (found === undefined) return false;
      if (operator === "=") return found === value;
      if (operator === "!=") return found !== value;
      if (typeof found !== "number" || typeof value !== "number") return false;
      return (
        { ">=": found >= value, "<=": found <= value, ">": found > value, "<": found < value }[operator] ??
        false
      );
    },
  };
}

function fieldOf(line: string, field: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, field)?.value;
  } catch {
    return undefined;
  }
}

function termFilter(text: string): LogFilter {
  const all: string[] = [];
  const oneOf: string[] = [];
  for (const [term] of text.matchAll(/\??"[^"]*"|\S+/g)) {
    const isOptional = term.startsWith("?");
    const bare = isOptional ? term.slice(1) : term;
    const phrase = /^"([^"]+)"$/.exec(bare)?.[1];
    if (phrase === undefined && !/^\w+$/.test(bare))
      return refused(`invalid character(s) in term '${bare}': expected it in double quotes`);
    (isOptional ? oneOf : all).push(phrase ?? bare);
  }
  return {
    kind: "filter",
    matches: (line) =>
      all.every((term) => line.includes(term)) &&
      (oneOf.length === 0 || oneOf.some((term) => line.includes(term))),
  };
}

function refused(message: string): LogFilter {
  return { kind: "refused", message };
}
