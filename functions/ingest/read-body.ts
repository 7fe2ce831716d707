import type { Source } from "../../lib/sources/source.ts";
import { decodeOpened, type OpenedBody } from "./decode.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type UnprovenBody, unprovenBody } from "./unproven-body.ts";

/** `text` is the body as it was sent, inflated; `bytes` is its size. */
export type ParsedBody = {
  readonly kind: "parsed";
  readonly value: unknown;
  readonly text: string;
  readonly bytes: number;
};

/** One request's body, read as far as its sender has proved itself. */
export type BodyReader = {
  /** For looking for a proof. */
  readonly unproven: UnprovenBody;
  /** The whole body as JSON: inflated and parsed when it is first asked for, and only for a sender that has proved something. */
  readonly readBody: () => Promise<ParsedBody | Refusal>;
  /**
   * The body as JSON if it was read already, or is small enough to parse for anyone; otherwise, or if it is not JSON,
   * undefined.
   */
  readonly peek: () => Promise<unknown>;
};

/**
 * The size up to which anyone's body is parsed. mParticle's registration, which comes before there is a key, has about 200
 * bytes.
 */
const MAX_PEEKED_CHARS = 8 * 1_024;

/** `endBytes`: see {@link unprovenBody}. `jsonOf` finds the JSON in bodies that a source wraps. */
export function bodyReader(
  opened: OpenedBody,
  { endBytes, jsonOf }: { readonly endBytes: number; readonly jsonOf: Source["jsonOf"] },
): BodyReader {
  const unproven = unprovenBody(opened, endBytes);
  let body: ParsedBody | Refusal | undefined;
  const readBody = async () => {
    body ??= readWhole(opened, jsonOf);
    return body;
  };
  const peek = async () => {
    if (body) return jsonIn(body);
    const { first, isWhole } = await unproven.ends();
    if (!isWhole || first.length > MAX_PEEKED_CHARS) return undefined;
    return jsonIn(parseJson(withoutMark(first), jsonOf, first.length));
  };
  return { unproven, readBody, peek };
}

function readWhole(opened: OpenedBody, jsonOf: Source["jsonOf"]): ParsedBody | Refusal {
  const decoded = decodeOpened(opened);
  if (decoded.kind === "refused") return decoded;
  return parseJson(withoutMark(decoded.text), jsonOf, decoded.bytes);
}

function jsonIn(body: ParsedBody | Refusal): unknown {
  return body.kind === "parsed" ? body.value : undefined;
}

function parseJson(text: string, jsonOf: Source["jsonOf"], bytes: number): ParsedBody | Refusal {
  try {
    return { kind: "parsed", value: JSON.parse(text), text, bytes };
  } catch {
    const json = jsonOf?.(text);
    if (json !== undefined) {
      const wrapped = parseJson(json, undefined, bytes);
      return wrapped.kind === "parsed" ? { ...wrapped, text } : wrapped;
    }
    // The parser's own message quotes the body.
    return refuse("malformed_json", "expected a body of JSON");
  }
}

/** Some tools begin every file with a byte order mark, which is not valid in JSON. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
