import { toAscii } from "./ascii-json.ts";
import type { FlagChange, FlagChangesMessage } from "./flag-changes.ts";
import { packItems } from "./pack-items.ts";

/**
 * The bodies of as few flag-changes messages as the changes fit into: see {@link packItems}.
 *
 * @throws {RangeError} when one change alone is too large, which the reduction of an entry rules out.
 */
export function packFlagChanges({
  changes,
  ...from
}: Omit<FlagChangesMessage, "v" | "kind" | "changes"> & {
  readonly changes: readonly FlagChange[];
}): string[] {
  const frame: FlagChangesMessage = { v: 1, kind: "flag.change", ...from, changes: [] };
  return packItems(
    JSON.stringify(frame),
    changes.map((change) => toAscii(JSON.stringify(change))),
  );
}
