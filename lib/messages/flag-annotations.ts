import * as z from "zod";
import { flagChangesMessage } from "./flag-changes.ts";

/**
 * Changes whose events PostHog has and whose annotations are still to be written. They are a message of their own, so
 * that an annotation that fails is tried again without its event.
 */
export const flagAnnotationsMessage = flagChangesMessage.extend({ kind: z.literal("flag.annotation") });

/** The body of a message on the flag-changes queue, of either kind. */
export const flagQueueMessage = z.discriminatedUnion("kind", [flagChangesMessage, flagAnnotationsMessage]);

export type FlagQueueMessage = z.infer<typeof flagQueueMessage>;
