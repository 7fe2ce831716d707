import type { Problem } from "./problems.ts";

/**
 * Every `__proto__` that is a name in the file: JavaScript does not store one as other names, and a rule under it would be lost
 * without a word. A connection, an environment or an audience of that name is no more than a mistake or a trick.
 */
export function lostNames(value: unknown, path: readonly PropertyKey[] = []): readonly Problem[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => lostNames(item, [...path, index]));
  return Object.entries(value).flatMap(([name, member]) =>
    name === "__proto__"
      ? [{ path: [...path, name], message: LOST, about: "name" }]
      : lostNames(member, [...path, name]),
  );
}

const LOST = "expected a name other than __proto__, which JavaScript cannot store: remove it";
