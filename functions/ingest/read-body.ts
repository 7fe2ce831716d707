import type { Source } from "../../lib/sources/source.ts";
import { type Refusal, refuse } from "./refusal.ts";

export type ParsedBody = { readonly kind: "parsed"; readonly value: unknown };

/**
 * The body as JSON, parsed when it is first needed: a wrong Basic user is refused without. `jsonOf` finds the JSON in
 * bodies that a source wraps.
 */
export function readOnce(text: string, jsonOf: Source["jsonOf"]): () => ParsedBody | Refusal {
  let body: ParsedBody | Refusal | undefined;
  return () => {
    body ??= parseJson(withoutMark(text), jsonOf);
    return body;
  };
}

function parseJson(text: string, jsonOf: Source["jsonOf"]): ParsedBody | Refusal {
  try {
    return { kind: "parsed", value: JSON.parse(text) };
  } catch {
    const json = jsonOf?.(text);
    if (json !== undefined) return parseJson(json, undefined);
    // The parser's own message quotes the body.
    return refuse("malformed_json", "expected a body of JSON");
  }
}

/** Some tools begin every file with a byte order mark, which JSON does not know. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
