import type { Json } from "../json.ts";

/**
 * Looks at a message that are quicker than its schema, which copies every member of what it checks: they pass what the
 * schema passes, and `shape.test.ts` holds them to it. What they do not pass is for the schema to explain.
 */

/** As `z.strictObject` has it: these members and no others, whatever they are. */
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

/** As {@link isListOf}, or an empty list. */
export function isEach<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): value is readonly Item[] {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!isItem(item)) return false;
  return true;
}

/** JSON has no undefined: a member that is not there. */
export function isAbsentOr<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): value is Item | undefined {
  return value === undefined || isItem(value);
}
