import * as z from "zod";
import { LATEST_MS } from "./latest-time.ts";

const text = z.string();

/** A part of a change: what was done to what. `on` is whether the flag is on there now, where that is known. */
const access = z.strictObject({ action: text, resource: text, on: z.boolean().optional() });

/** Who made a change, as far as LaunchDarkly says; several when a member used a token or an app. */
const actors = {
  member: z.strictObject({ id: text, email: text, firstName: text, lastName: text }).optional(),
  token: z.strictObject({ id: text, name: text }).optional(),
  app: z.strictObject({ id: text, name: text }).optional(),
};

/**
 * One entry of LaunchDarkly's audit log, reduced to what PostHog needs. Texts are LaunchDarkly's, in its markdown, and
 * empty where the entry has none.
 */
const change = z.strictObject({
  /** The entry's `_id`, else the SHA-256 of the entry: the same id is the same change. */
  id: text.min(1),
  entryId: text,
  accountId: text,
  /** When it happened, Unix ms: the entry's `date`. */
  at: z.int().min(-LATEST_MS).max(LATEST_MS),
  /** Position in its request. */
  index: z.int().nonnegative(),
  kind: text.min(1),
  name: text,
  title: text,
  titleVerb: text,
  description: text,
  comment: text,
  accesses: z.array(access),
  /** Tags of what was changed. */
  tags: z.array(text),
  /** Key of the flag that an entry of another kind is about. */
  relatedFlag: text.optional(),
  /** Where LaunchDarkly shows what was changed, relative to its own address. */
  site: text,
  /** True when texts or accesses were cut to fit the message. */
  isCut: z.boolean().optional(),
  ...actors,
});

/** The body of a message on the flag-changes queue. */
export const flagChangesMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal("flag.change"),
  connection: text.min(1),
  acceptedAt: z.int().nonnegative(),
  /** True for changes of long ago that were asked for: PostHog takes them by another way. */
  isHistorical: z.boolean().optional(),
  changes: z.array(change).min(1),
});

export type FlagChangesMessage = z.infer<typeof flagChangesMessage>;
export type FlagChange = FlagChangesMessage["changes"][number];
