import type { SourceName } from "../connections/schema.ts";
import { amplitude } from "./amplitude.ts";
import { flagbridge } from "./flagbridge.ts";
import { launchdarkly } from "./launchdarkly.ts";
import { mixpanel } from "./mixpanel.ts";
import { mparticle } from "./mparticle.ts";
import { posthog } from "./posthog.ts";
import { rudderstack } from "./rudderstack.ts";
import { segment } from "./segment.ts";
import type { Source } from "./source.ts";
import { tealium } from "./tealium.ts";
import { zeotap } from "./zeotap.ts";

/** The adapters of all sources. A source without an adapter does not compile. */
export const SOURCES: Readonly<Record<SourceName, Source>> = {
  segment,
  rudderstack,
  tealium,
  zeotap,
  amplitude,
  mixpanel,
  mparticle,
  posthog,
  launchdarkly,
  flagbridge,
};
