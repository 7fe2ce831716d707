import { contextKind } from "../connections/context-kind.ts";
import type { Fate } from "../delivery/fate.ts";
import { invalidItem, notUnicode } from "../delivery/item-step.ts";
import type { AudienceOperationsMessage } from "../messages/audience-operations.ts";

/**
 * Longer than anything that ingest lets through, in UTF-16 units. The ledger cannot keep what is much longer, and one
 * request holds members of many messages: one that cannot be kept or sent would stop the others of its segment.
 */
const MAX_CHARS = 2_048;

/** Why no operation on a segment of a message can be worked on: ingest makes none of these. */
export function segmentFault({
  id,
  name,
  kind,
}: AudienceOperationsMessage["segments"][number]): Fate | undefined {
  if (!id.isWellFormed()) return notUnicode("segments.id");
  if (!name.isWellFormed()) return notUnicode("segments.name");
  if (name.length > MAX_CHARS) return tooLong("segments.name");
  if (!contextKind.safeParse(kind).success)
    return invalidItem("segments.kind: expected a context kind that LaunchDarkly takes.");
  return undefined;
}

/** Why an operation cannot be worked on. LaunchDarkly would take half of a surrogate pair for U+FFFD: another member. */
export function operationFault({
  key,
  id,
}: AudienceOperationsMessage["operations"][number]): Fate | undefined {
  if (!key.isWellFormed()) return notUnicode("operations.key");
  if (key.length > MAX_CHARS) return tooLong("operations.key");
  if (!id.isWellFormed()) return notUnicode("operations.id");
  return id.length > MAX_CHARS ? tooLong("operations.id") : undefined;
}

function tooLong(field: string): Fate {
  return invalidItem(`${field}: expected at most ${MAX_CHARS} characters.`);
}
