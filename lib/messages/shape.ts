import type { Json } from "../json.ts";

/**
 * Parts of fast guards that accept exactly what the schemas accept; `shape.test.ts` compares the two. The schemas copy
 * every member that they check, which takes 30 to 55 times as long (docs/adr/0012-messages-have-a-schema-and-a-guard.md).
 * What a guard refuses goes to the schema, which says what is wrong.
 */

/** Whether a value has this many members. With each expected member checked, no other can be there, as in `z.strictObject`. */
export function hasMembers(value: Json, count: number): boolean {
  let found = 0;
  for (const _ in value) found += 1;
  return found === count;
}

export function isString(value: unknown): value is string {
  return typeof value === "string";
}

export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === "number" && value >= 0;
}

export function isListOf<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): value is readonly Item[] {
  return isEach(value, isItem) && value.length > 0;
}

/** Whether each item of a list is right. Unlike {@link isListOf} it accepts an empty list. */
export function isEach<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): value is readonly Item[] {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!isItem(item)) return false;
  return true;
}

/** Whether an optional member is right. A member that is undefined is missing: JSON has no undefined. */
export function isAbsentOr<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): value is Item | undefined {
  return value === undefined || isItem(value);
}
