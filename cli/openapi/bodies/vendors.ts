import * as z from "zod";
import { LATEST_MS } from "../../../lib/messages/flag-changes.ts";
import {
  contextKey,
  membership,
  object,
  segmentId,
  segmentIdOrNumber,
  segmentName,
  text,
  time,
  unixMilliseconds,
  unixSeconds,
} from "./parts.ts";

/** https://amplitude.com/docs/data/destination-catalog/cohort-webhooks */
export const amplitude = z.object({
  cohort_id: segmentId,
  cohort_name: segmentName.nullish(),
  in_cohort: membership,
  computed_time: unixSeconds.nullish().describe("Unix seconds"),
  message_id: z.string().nullish(),
  users: z.array(z.object({ user_id: contextKey.nullish(), user_properties: object.nullish() })),
});

const identities = z
  .array(z.object({ type: z.string(), encoding: z.literal("raw").nullish(), value: contextKey.nullish() }))
  .nullish();

const withoutMembers = (type: string) => z.object({ type: z.literal(type), id: z.string().nullish() });

/** https://docs.mparticle.com/developers/partners/firehose/ */
export const mparticle = z.union([
  withoutMembers("module_registration_request"),
  withoutMembers("audience_subscription_request"),
  z.object({
    type: z.literal("audience_membership_change_request"),
    id: z.string().nullish(),
    timestamp_ms: unixMilliseconds.nullish().describe("Unix milliseconds"),
    account: z
      .object({ account_settings: z.object({ apiKey: z.string() }).partial().nullish() })
      .nullish()
      .describe("May hold the token that proves the sender"),
    user_profiles: z
      .array(
        z.object({
          mpid: z.string().nullish(),
          user_identities: identities,
          device_identities: identities,
          partner_identities: identities,
          audiences: z
            .array(
              z.object({
                audience_id: segmentIdOrNumber,
                audience_name: segmentName.nullish(),
                action: z.enum(["add", "delete", "attribute_update"]),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
]);

const event = z.object({
  event: text,
  uuid: z.string().nullish(),
  distinct_id: contextKey.nullish(),
  timestamp: time.nullish(),
  properties: object.nullish(),
});
const globals = { person: object.nullish(), groups: object.nullish() };
const absent = z.null().optional();

/** What PostHog's webhook sends by default, or a membership as docs/sources/posthog.md has it. */
export const posthog = z.union([
  z.object({ event, ...globals, segment: absent, member: absent }),
  z.object({
    event: event.partial().nullish(),
    ...globals,
    segment: z.object({ id: segmentIdOrNumber, name: segmentName.nullish() }),
    member: membership,
    at: time.nullish(),
  }),
]);

const entry = {
  kind: z.string().regex(/\S/),
  date: z.int().min(-LATEST_MS).max(LATEST_MS).describe("Unix ms"),
  name: z.unknown().optional(),
  title: z.unknown().optional(),
  titleVerb: z.unknown().optional(),
  description: z.unknown().optional(),
  comment: z.unknown().optional(),
  member: z.unknown().optional(),
};
const id = z.string().regex(/\S/);

/** One entry of the audit log. https://launchdarkly.com/docs/api/webhooks */
export const launchdarkly = z.union([
  z.object({ ...entry, _id: id, accesses: z.unknown().optional() }),
  z.object({ ...entry, accesses: z.array(z.unknown()) }),
]);
