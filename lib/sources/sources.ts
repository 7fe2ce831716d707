import type { Integration } from "../connections/integrations.ts";
import type { Connection, SourceName } from "../connections/schema.ts";
import { amplitude } from "./amplitude.ts";
import { flagbridge } from "./flagbridge.ts";
import { launchdarkly } from "./launchdarkly.ts";
import { mixpanel } from "./mixpanel.ts";
import { mparticle } from "./mparticle.ts";
import { rudderstack } from "./rudderstack.ts";
import { segment } from "./segment.ts";
import type { Source } from "./source.ts";
import { tealium } from "./tealium.ts";
import { zeotap } from "./zeotap.ts";

/** The adapter of every source that a connection may name: a source without one does not compile. */
export const SOURCES: Readonly<Record<SourceName, Source>> = {
  segment,
  rudderstack,
  tealium,
  zeotap,
  amplitude,
  mixpanel,
  mparticle,
  launchdarkly,
  flagbridge,
};

/**
 * The integration whose synced segments a connection writes: its own, else that of its source.
 * @throws {RangeError} for a connection that has neither, which the check of the connections lets have no audiences.
 */
export function integrationOf({ source, audiences }: Connection): Integration {
  const integration = audiences.integration ?? SOURCES[source].integration;
  if (integration === undefined) throw new RangeError(`source ${source} writes no synced segments`);
  return integration;
}
