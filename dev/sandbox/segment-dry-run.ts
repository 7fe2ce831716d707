import type { Targets } from "./keyed-segment-store.ts";

/** The members that a segment would have after these changes, by context kind, and how many it would gain or lose on the way. */
export function membersAfter(
  before: ReadonlyMap<string, readonly string[]>,
  targets: readonly Targets[],
): { readonly members: ReadonlyMap<string, readonly string[]>; readonly changes: number } {
  const after = new Map([...before].map(([kind, keys]) => [kind, new Set(keys)]));
  let changes = 0;
  for (const { contextKind, action, keys } of targets) {
    const members = after.get(contextKind) ?? new Set();
    after.set(contextKind, members);
    const sizeBefore = members.size;
    for (const key of keys) {
      if (action === "add") members.add(key);
      else members.delete(key);
    }
    changes += Math.abs(members.size - sizeBefore);
  }
  const members = [...after]
    .filter(([, keys]) => keys.size > 0)
    .map(([kind, keys]) => [kind, [...keys].sort()] as const);
  return { members: new Map(members), changes };
}
