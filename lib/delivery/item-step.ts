import type { Fate } from "./fate.ts";

/** What was made of an item, or the fate of one of which nothing can be made. */
export type Made<Value> =
  | { readonly kind: "made"; readonly value: Value }
  | { readonly kind: "unmade"; readonly fate: Fate };

/**
 * Runs a step that makes something of one item, and of nothing else: what it throws is about this item, which is dead
 * then. Thrown on, it would stop every other item of the batch, again at each delivery. The error's message is left out:
 * it may quote the item.
 */
export function madeOf<Value>(step: () => Value): Made<Value> {
  try {
    return { kind: "made", value: step() };
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return unmade(`Nothing that the destination takes can be made of this item (${name}).`);
  }
}

/** An item that no message of ours holds: written by hand, or by another version. `cause` quotes nothing of it. */
export function invalidItem(cause: string): Fate {
  return { kind: "dead", reason: "invalid-message", cause };
}

/** The cause of what is no valid Unicode: the destination would take it for another text, and for another one's. */
export function notUnicode(what: string): Fate {
  return invalidItem(`${what}: expected valid Unicode, found half of a surrogate pair.`);
}

function unmade(cause: string): Made<never> {
  return { kind: "unmade", fate: invalidItem(cause) };
}
