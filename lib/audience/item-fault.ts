import { contextKind } from "../connections/context-kind.ts";
import type { Fate } from "../delivery/fate.ts";
import { invalidItem, notUnicode } from "../delivery/item-step.ts";
import type { AudienceOperationsMessage } from "../messages/audience-operations.ts";

/**
 * The limit for texts, in UTF-16 units; ingest lets through nothing as long. The ledger cannot store much longer keys, and a
 * request has members of many messages: one that cannot be stored or sent would block the others of its segment.
 */
const MAX_CHARS = 2_048;

/** Why no operation on a message's segment can be processed. Ingest writes no such segment. */
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

/** Why an operation cannot be processed. LaunchDarkly reads half of a surrogate pair as U+FFFD: another member. */
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
