import type { Fate } from "./fate.ts";

/** What an item became, or its fate if nothing can be made of it. */
export type Made<Value> =
  | { readonly kind: "made"; readonly value: Value }
  | { readonly kind: "unmade"; readonly fate: Fate };

/**
 * Runs a step that makes something of one item, and of nothing else: what it throws is about this item, which is dead
 * then. If it were thrown on, it would stop every other item of the batch at each delivery. The cause leaves out the error's
 * message, which may quote the item.
 */
export function madeOf<Value>(step: () => Value): Made<Value> {
  try {
    return { kind: "made", value: step() };
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return unmade(`Nothing that the destination takes can be made of this item (${name}).`);
  }
}

/**
 * The item is not one that Flagbridge writes: somebody wrote it by hand, or another version did. `cause` quotes nothing of
 * it.
 */
export function invalidItem(cause: string): Fate {
  return { kind: "dead", reason: "invalid-message", cause };
}

/** The cause for invalid Unicode: the destination would read another text, possibly somebody else's. */
export function notUnicode(what: string): Fate {
  return invalidItem(`${what}: expected valid Unicode, found half of a surrogate pair.`);
}

function unmade(cause: string): Made<never> {
  return { kind: "unmade", fate: invalidItem(cause) };
}
