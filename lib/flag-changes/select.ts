import type { FlagChange } from "../messages/flag-changes.ts";
import { BEHAVIOUR, BEHAVIOUR_ACTIONS } from "./behaviour.ts";
import { keyOf, readResource } from "./resource.ts";

/** The filters of a connection: `posthog.only` of connections.yml. An empty list selects everything. */
export type OnlyThese = {
  readonly projects: readonly string[];
  readonly environments: readonly string[];
  readonly actions: readonly string[];
  readonly kinds: readonly string[];
};

/**
 * Says whether a connection's `only` selects a change: every list that is not empty must match. A change with several
 * accesses matches when one access matches all lists; `env/*` matches every environment. A change outside of projects or
 * environments matches no list of them.
 */
export function isSelected(
  { kind, accesses }: Pick<FlagChange, "kind" | "accesses">,
  { projects, environments, actions, kinds }: OnlyThese,
): boolean {
  if (kinds.length > 0 && !kinds.includes(kind)) return false;
  if (projects.length === 0 && environments.length === 0 && actions.length === 0) return true;
  return accesses.some(({ action, resource }) => {
    const parts = readResource(resource);
    return (
      holdsKey(projects, keyOf(parts, "proj")) &&
      holdsKey(environments, keyOf(parts, "env")) &&
      holdsAction(actions, action)
    );
  });
}

function holdsKey(list: readonly string[], key: string | undefined): boolean {
  if (list.length === 0 || key === "*") return true;
  return key !== undefined && list.includes(key);
}

function holdsAction(list: readonly string[], action: string): boolean {
  if (list.length === 0 || list.includes(action)) return true;
  return list.includes(BEHAVIOUR) && BEHAVIOUR_ACTIONS.has(action);
}
