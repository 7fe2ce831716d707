import type { Action } from "./operation.ts";
import { compareVersions, type Version } from "./version.ts";

/** The newest operation on one member, and every item that says exactly that. */
export type Candidate<Item> = {
  readonly contextKey: string;
  readonly action: Action;
  readonly version: Version;
  readonly items: Item[];
};

/**
 * Keeps the newest operation of each member. An older one is handed to `superseded`: it needs no sending, because
 * the newer one either reaches LaunchDarkly or stays in the queue. The same operation twice (SQS delivers at least
 * once) is one candidate with two items.
 */
export function collapse<Item>(
  candidates: Map<string, Candidate<Item>>,
  next: Candidate<Item>,
  superseded: (items: readonly Item[]) => void,
): void {
  const held = candidates.get(next.contextKey);
  const order = held ? compareVersions(next.version, held.version) : 1;
  if (held && order === 0) {
    held.items.push(...next.items);
    return;
  }
  if (held && order < 0) {
    superseded(next.items);
    return;
  }
  if (held) superseded(held.items);
  candidates.set(next.contextKey, next);
}
