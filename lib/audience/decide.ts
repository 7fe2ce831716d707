import type { Action } from "../messages/operation.ts";
import { compareVersions, type Version } from "../messages/version.ts";
import type { Entry, Hold } from "./ledger/ledger.ts";

/** Belief in an entry ends after a day, so that hand edits in LaunchDarkly heal with the next sync. */
export const BELIEF_MS = 24 * 3_600_000;

/**
 * What an operation needs, read under the hold. `stale`: the ledger already has it or something newer.
 * `unchanged`: LaunchDarkly is believed to hold this action; only the version moves. `send`: everything else.
 *
 * The same action is believed only when no hold after the entry's ended in doubt (`entry.n > dirty`): a request
 * of such a hold may have reached LaunchDarkly without an entry.
 */
export function decide(
  operation: { readonly action: Action; readonly version: Version },
  entry: Entry | undefined,
  hold: Hold,
  nowMs: number,
): "stale" | "unchanged" | "send" {
  if (!entry) return "send";
  if (compareVersions(operation.version, entry.version) <= 0) return "stale";
  const believed = entry.n > hold.dirty && nowMs - entry.at < BELIEF_MS;
  return entry.action === operation.action && believed ? "unchanged" : "send";
}
