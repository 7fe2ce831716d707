import * as z from "zod/mini";
import { isObject } from "../json.ts";
import { flagChangesMembers, flagChangesMessage, hasFlagChangesMembers } from "./flag-changes.ts";

/**
 * Changes whose events PostHog has and whose annotations are still to be written. They are a message of their own, so
 * that an annotation that fails is tried again without its event.
 */
export const flagAnnotationsMessage = z.strictObject(
  { kind: z.literal("flag.annotation"), ...flagChangesMembers },
  "expected an object with the members of this version and no others",
);

/** The body of a message on the flag-changes queue, of either kind. */
export const flagQueueMessage = z.discriminatedUnion(
  "kind",
  [flagChangesMessage, flagAnnotationsMessage],
  "expected kind flag.change or flag.annotation",
);

export type FlagQueueMessage = z.infer<typeof flagQueueMessage>;

/** Whether {@link flagQueueMessage} passes it. */
export function isFlagQueueMessage(value: unknown): value is FlagQueueMessage {
  return (
    isObject(value) &&
    (value.kind === "flag.change" || value.kind === "flag.annotation") &&
    hasFlagChangesMembers(value)
  );
}
