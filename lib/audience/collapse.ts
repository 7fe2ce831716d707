import { addItem, type ForItems, takeItems } from "../delivery/open-items.ts";
import type { Action } from "../messages/operation.ts";
import { compareVersions, type Version } from "../messages/version.ts";

/** The newest operation on one member, for every item that says exactly that. */
export type Candidate = ForItems & {
  readonly contextKey: string;
  readonly action: Action;
  readonly version: Version;
};

/**
 * Keeps the newest operation of each member. An older one is handed to `superseded`: it needs no sending, because
 * the newer one either reaches LaunchDarkly or stays in the queue. The same operation twice (SQS delivers at least
 * once) is one candidate with two items.
 */
export function collapse(
  candidates: Map<string, Candidate>,
  next: Candidate,
  superseded: (candidate: Candidate) => void,
): void {
  const held = candidates.get(next.contextKey);
  const order = held ? compareVersions(next.version, held.version) : 1;
  if (held && order === 0) {
    takeItems(next, (item) => addItem(held, item));
    return;
  }
  if (held && order < 0) {
    superseded(next);
    return;
  }
  if (held) superseded(held);
  candidates.set(next.contextKey, next);
}
