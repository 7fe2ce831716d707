import type * as z from "zod";
import { TRACKING } from "../../../functions/ingest/route.ts";
import { INTEGRATION_NAMES } from "../../../lib/connections/integrations.ts";
import type { SourceName } from "../../../lib/connections/schema.ts";
import {
  callOn,
  rudderstackBatch,
  rudderstackCall,
  rudderstackWebhook,
  segmentBatch,
  segmentCall,
  segmentWebhook,
} from "./calls.ts";
import { flagbridge } from "./flagbridge.ts";
import { mixpanel, tealium, zeotap } from "./members.ts";
import { PARTS } from "./parts.ts";
import { segmentTargetsBody } from "./segment-targets.ts";
import { amplitude, launchdarkly, mparticle, posthog } from "./vendors.ts";

/**
 * What each source takes at `/c/{connection}` with nothing in it rejected for its shape. A source without a body does not
 * compile. Options of a connection can ask for more: which fields hold the context key, for example.
 */
const WEBHOOKS: Readonly<Record<SourceName, z.ZodType>> = {
  segment: segmentWebhook,
  rudderstack: rudderstackWebhook,
  tealium,
  zeotap,
  amplitude,
  mixpanel,
  mparticle,
  posthog,
  launchdarkly,
  flagbridge,
};

/** Every body by its name among the document's schemas, and which of them each route takes. */
export const WEBHOOK_BODIES = named(WEBHOOKS, "Body");
export const SEGMENT_TARGETS_BODIES = named(
  Object.fromEntries(INTEGRATION_NAMES.map((name) => [name, segmentTargetsBody(name)])),
  "SegmentTargets",
);
const BATCHES = named({ segment: segmentBatch, rudderstack: rudderstackBatch }, "Batch");
const CALLS = named(
  Object.fromEntries([...new Set(TRACKING.values())].flatMap((call) => (call ? [[call, callOn(call)]] : []))),
  "Call",
);

export const BODIES: ReadonlyMap<string, z.ZodType> = new Map([
  ...Object.entries(PARTS),
  ["SegmentCall", segmentCall],
  ["RudderstackCall", rudderstackCall],
  ...[WEBHOOK_BODIES, SEGMENT_TARGETS_BODIES, BATCHES, CALLS].flatMap((bodies) =>
    Object.values(bodies).map(({ name, schema }) => [name, schema] as const),
  ),
]);

/** The names of the bodies that `/v1/<path>` takes. */
export function trackingBodies(call: string | undefined): readonly string[] {
  if (call === undefined) return Object.values(BATCHES).map(({ name }) => name);
  return [CALLS[call]?.name ?? ""];
}

type Named = { readonly name: string; readonly schema: z.ZodType };

/** `mparticle` becomes `MparticleBody`, `heap-inbound` becomes `HeapInboundSegmentTargets`. */
function named(
  schemas: Readonly<Record<string, z.ZodType>>,
  ending: string,
): Readonly<Record<string, Named>> {
  return Object.fromEntries(
    Object.entries(schemas).map(([key, schema]) => [key, { name: `${capitalized(key)}${ending}`, schema }]),
  );
}

/** `heap-inbound` as the document writes names: `HeapInbound`. */
export function capitalized(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
