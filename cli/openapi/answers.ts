import * as z from "zod";
import { REFUSALS, type RefusalCode } from "../../functions/ingest/refusal.ts";
import type { METHODS } from "../../functions/ingest/route.ts";
import { MAX_LISTED_REJECTIONS, REJECTION_CODES } from "../../lib/sources/source.ts";

/** The bodies of answers, by their names among the document's schemas. The document has all that an answer can hold. */

const count = z.int().min(0);
const identity = z.strictObject({ type: z.string(), encoding: z.literal("raw"), required: z.boolean() });
const ofMparticle = { id: z.string(), timestamp_ms: count, firehose_version: z.string() };

export const ANSWERS = {
  Taken: z
    .strictObject({
      success: z.boolean().describe("false when items came and none could be used"),
      accepted: count.describe("Items that were not rejected, the ignored ones among them"),
      ignored: count.describe("How many of the accepted items have no effect on the connection"),
      rejected: z
        .array(
          z.strictObject({
            index: count.describe("Position in the request"),
            code: z.enum(REJECTION_CODES),
            message: z.string().describe("What was expected, and where; it quotes no value"),
          }),
        )
        .max(MAX_LISTED_REJECTIONS),
      rejectedNotListed: z.int().min(1).optional().describe("Rejections beyond those in the list"),
    })
    .describe("What became of the request's items"),
  MixpanelTaken: z.strictObject({ action: z.string().nullable(), status: z.literal("success") }),
  MixpanelRefused: z.strictObject({
    action: z.string().nullable(),
    status: z.literal("failure"),
    error: z.strictObject({
      message: z.string().describe("Ends with the code and the id of the request"),
      code: z.int().describe("The status"),
    }),
  }),
  MparticleRegistration: z.strictObject({
    type: z.literal("module_registration_response"),
    ...ofMparticle,
    sdk_version: z.string(),
    name: z.string(),
    description: z.string(),
    version: z.string(),
    permissions: z.strictObject({
      user_identities: z.array(identity),
      device_identities: z.array(identity),
      partner_identities: z.array(identity),
      allow_access_mpid: z.boolean(),
    }),
    audience_processing_registration: z.strictObject({
      account_settings: z.array(z.record(z.string(), z.union([z.string(), z.boolean()]))),
      audience_subscription_settings: z.array(z.unknown()).max(0),
    }),
  }),
  MparticleSubscription: z.strictObject({
    type: z.literal("audience_subscription_response"),
    ...ofMparticle,
    audience_subscription_settings: z.strictObject({}),
  }),
  MparticleTaken: z.strictObject({
    type: z.literal("audience_membership_change_response"),
    ...ofMparticle,
    suspend_subscription: z.literal(false),
  }),
  Health: z.strictObject({ status: z.literal("ok"), version: z.string() }),
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** The answers of 200 at `/c/{connection}`: ours, or the vendor's own. */
export const TAKEN = [
  "Taken",
  "MixpanelTaken",
  "MparticleRegistration",
  "MparticleSubscription",
  "MparticleTaken",
] as const satisfies readonly (keyof typeof ANSWERS)[];

/** A refusal with one of these codes. */
export function refused(codes: readonly RefusalCode[]) {
  return z.strictObject({
    code: z.enum(codes),
    message: z.string().describe("What was expected; it quotes no value"),
    requestId: z.string().describe("The line of the log with the same id says more"),
  });
}

export type RouteKind = keyof typeof METHODS;

const EVENTS = ["connection", "tracking", "segment-targets"] as const satisfies readonly RouteKind[];

/**
 * Which routes give each code. A code without a row does not compile. `anywhere`: at any other path or with any other method
 * than those of the document.
 */
export const REFUSED_ON: Readonly<Record<RefusalCode, readonly RouteKind[] | "anywhere">> = {
  malformed_body: EVENTS,
  malformed_json: EVENTS,
  malformed_request: EVENTS,
  no_usable_item: ["segment-targets"],
  unauthorized: EVENTS,
  // Only `/c/…` looks at signatures.
  partly_signed: ["connection"],
  no_such_route: "anywhere",
  no_such_integration: ["segment-targets"],
  no_such_connection: ["connection"],
  method_not_allowed: "anywhere",
  body_too_large: EVENTS,
  too_many_events: ["tracking"],
  unsupported_encoding: EVENTS,
  internal_error: [...EVENTS, "health", "openapi"],
  misconfigured: EVENTS,
  out_of_time: EVENTS,
  queue_unavailable: EVENTS,
  request_in_flight: ["connection"],
  replay_memory_unavailable: ["connection"],
};

/** The codes of a route by their status, as they stand in `REFUSALS`. */
export function codesOf(kind: RouteKind): ReadonlyMap<number, readonly RefusalCode[]> {
  const codes = Object.keys(REFUSALS).filter((code): code is RefusalCode => {
    const on = REFUSED_ON[code as RefusalCode]; // the keys of REFUSALS are its codes
    return on !== "anywhere" && on.includes(kind);
  });
  const byStatus = new Map<number, readonly RefusalCode[]>();
  for (const code of codes) byStatus.set(REFUSALS[code], [...(byStatus.get(REFUSALS[code]) ?? []), code]);
  return byStatus;
}
