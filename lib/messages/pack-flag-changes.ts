import { toAscii } from "./ascii-json.ts";
import type { FlagQueueMessage } from "./flag-annotations.ts";
import type { FlagChange } from "./flag-changes.ts";
import { packItems } from "./pack-items.ts";

/**
 * The bodies of as few messages on the flag-changes queue as the changes fit into: see {@link packItems}.
 *
 * @throws {RangeError} when one change alone is too large, which the reduction of an entry rules out.
 */
export function packFlagChanges({
  changes,
  kind = "flag.change",
  ...from
}: Omit<FlagQueueMessage, "v" | "kind" | "changes"> & {
  readonly kind?: FlagQueueMessage["kind"];
  readonly changes: readonly FlagChange[];
}): string[] {
  const frame: FlagQueueMessage = { v: 1, kind, ...from, changes: [] };
  return packItems(
    JSON.stringify(frame),
    changes.map((change) => toAscii(JSON.stringify(change))),
  );
}
