import { contextKind } from "../connections/context-kind.ts";
import { fault, type ItemFault } from "./items.ts";
import { fitsBytes, MAX_CONTEXT_KEY_BYTES, MAX_SEGMENT_TEXT_BYTES } from "./limits.ts";

/**
 * Reads an item's context key. It refuses numbers: LaunchDarkly's keys are texts, and JSON parsing has already removed a
 * number's leading zeros and the digits beyond 2^53.
 */
export function contextKeyOf(key: unknown, field: string): string | ItemFault {
  if (typeof key !== "string") return fault("invalid_context_key", field, "expected a text");
  if (!fitsBytes(key, MAX_CONTEXT_KEY_BYTES)) {
    return fault("invalid_context_key", field, `expected at most ${MAX_CONTEXT_KEY_BYTES} bytes`);
  }
  return key.isWellFormed() ? key : fault("invalid_context_key", field, NOT_UNICODE);
}

/** The fault of an item that has none of the fields that may state its context key. */
export function missingContextKey(fields: readonly string[]): ItemFault {
  const [only = "", ...others] = fields;
  return others.length === 0
    ? fault("missing_context_key", only, "expected a text that is not empty")
    : fault("missing_context_key", "", `expected one of ${fields.join(", ")}`);
}

/** Reads the id or name of a segment. */
export function segmentTextOf(text: unknown, field: string): string | ItemFault {
  if (typeof text !== "string" || text === "") {
    return fault("invalid_segment", field, "expected a text that is not empty");
  }
  if (!fitsBytes(text, MAX_SEGMENT_TEXT_BYTES)) {
    return fault("invalid_segment", field, `expected at most ${MAX_SEGMENT_TEXT_BYTES} bytes`);
  }
  return text.isWellFormed() ? text : fault("invalid_segment", field, NOT_UNICODE);
}

/** Reads an item's own context kind; `only` is the one kind that its integration supports. */
export function contextKindOf(kind: unknown, field: string, only: string | undefined): string | ItemFault {
  const parsed = contextKind.safeParse(kind);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fault(
      "invalid_context_kind",
      field,
      typeof kind === "string" && issue ? issue.message : "expected a text",
    );
  }
  if (only !== undefined && kind !== only) {
    return fault(
      "invalid_context_kind",
      field,
      `expected "${only}": the connection's integration carries no other kind`,
    );
  }
  return parsed.data;
}

/** UTF-8 replaces half of a surrogate pair by another character, so two different keys would become one. */
export const NOT_UNICODE = "expected valid Unicode, found half of a surrogate pair";
