import { segmentSignature } from "../signatures/segment.ts";
import { launchdarklySignature, type SignatureScheme, standardWebhooks } from "../signatures/signature.ts";
import type { Integration } from "./integrations.ts";
import type { Connection, SourceName } from "./schema.ts";

/** What the check of the connections and the delivery need to know about a source. Its parser is in lib/sources. */
export type SourceTraits = {
  /** The integration key under which this vendor's hosted connector writes synced segments; absent when it writes none. */
  readonly integration?: Integration;
  /** Whether its requests name their segment. If not, the connection must set `audiences.segment`. */
  readonly namesSegments: boolean;
  /** Whether requests contain events for `metrics`: calls that need mapping, or events in Flagbridge's own format. */
  readonly sendsEvents?: "calls" | "events";
  /** Of a source with calls: what a name in `metrics.contextKeys` may be or, as a path, start with. */
  readonly callFields?: readonly string[];
  /** Whether calls may be legacy alias events. */
  readonly sendsAliases?: true;
  /** Whether requests may ask for a person to be erased. */
  readonly sendsErasures?: true;
  /** Whether requests contain changes of flags and other LaunchDarkly resources; such requests contain nothing else. */
  readonly sendsFlagChanges?: true;
  /**
   * The names that `audiences.contextKey` may list for this source, and those read when it lists none. Both are empty when
   * requests state the key directly; `known` is `any` when the sender chooses the names.
   */
  readonly contextKeys: {
    readonly known: readonly string[] | "any";
    readonly default: readonly string[];
    /** What a path to the context key may start with (`person` in `person.properties.crmId`); absent when only `known` counts. */
    readonly paths?: readonly string[];
  };
  /** How the vendor signs its requests; absent when it does not. */
  readonly signature?: SignatureScheme;
};

/**
 * The identity types that an mParticle profile may have.
 * https://github.com/mParticle/mparticle-firehose-java-sdk/tree/f819a5b/sdk/src/main/java/com/mparticle/sdk/model/eventprocessing (UserIdentity, DeviceIdentity)
 */
export const MPARTICLE_USER_IDENTITIES: readonly string[] = [
  ...[
    "customer",
    "email",
    "other",
    "other2",
    "other3",
    "other4",
    "other5",
    "other6",
    "other7",
    "other8",
    "other9",
  ],
  ...["other10", "mobile_number", "phone_number_2", "phone_number_3"],
  ...["facebook", "twitter", "google", "microsoft", "yahoo"],
];
export const MPARTICLE_DEVICE_IDENTITIES: readonly string[] = [
  ...["android_id", "google_advertising_id", "ios_advertising_id", "ios_vendor_id"],
  ...["google_cloud_messaging_token", "apple_push_notification_token"],
  ...["roku_advertising_id", "roku_publisher_id", "microsoft_advertising_id", "microsoft_publisher_id"],
  "fire_advertising_id",
];
/** The members of a Segment-style call that may contain a context key. https://segment.com/docs/connections/spec/common/ */
const CALL_FIELDS = ["userId", "anonymousId", "groupId", "properties", "traits", "context"] as const;
/** The globals of a PostHog function that a body may hold. https://posthog.com/docs/cdp/destinations/customizing-destinations */
const POSTHOG_GLOBALS = ["event", "person", "groups"] as const;
const POSTHOG_KEYS = ["distinctId", "personId", "email"] as const;
/** The fields of a person besides the id in LaunchDarkly's `members` bodies. */
const PERSON_KEYS = ["email", "phone", "firstName", "lastName"] as const;

/** The traits of every source. A source without a row does not compile. */
export const SOURCE_TRAITS: Readonly<Record<SourceName, SourceTraits>> = {
  segment: {
    integration: "segment-audiences",
    namesSegments: true,
    sendsEvents: "calls",
    callFields: CALL_FIELDS,
    sendsAliases: true,
    sendsErasures: true,
    contextKeys: {
      known: ["userId", "email", "anonymousId"],
      default: ["userId"],
      paths: ["traits", "properties", "context"],
    },
    signature: segmentSignature,
  },
  rudderstack: {
    integration: "rudderstack",
    namesSegments: false,
    sendsEvents: "calls",
    callFields: CALL_FIELDS,
    sendsAliases: true,
    sendsErasures: true,
    contextKeys: { known: "any", default: ["identifier", "id"] },
  },
  tealium: {
    integration: "tealium-synced-segments",
    namesSegments: true,
    contextKeys: { known: ["memberId", ...PERSON_KEYS, "sessionId"], default: ["memberId"] },
  },
  zeotap: {
    integration: "zeotap",
    namesSegments: true,
    contextKeys: { known: ["distinctId", ...PERSON_KEYS], default: ["distinctId"] },
  },
  amplitude: {
    integration: "amplitude",
    namesSegments: true,
    contextKeys: { known: ["userId", "email"], default: ["userId"], paths: ["user_properties"] },
  },
  mixpanel: {
    // LaunchDarkly has no integration for Mixpanel. This one carries the context kind, and adds and removals in one body.
    integration: "segment-audiences",
    namesSegments: true,
    contextKeys: { known: ["distinctId", ...PERSON_KEYS], default: ["distinctId"] },
  },
  mparticle: {
    // LaunchDarkly has no integration for mParticle either.
    integration: "segment-audiences",
    namesSegments: true,
    contextKeys: {
      known: [...MPARTICLE_USER_IDENTITIES, "mpid", "partner", ...MPARTICLE_DEVICE_IDENTITIES],
      default: ["customer"],
    },
  },
  posthog: {
    // LaunchDarkly has no integration for PostHog either.
    integration: "segment-audiences",
    namesSegments: true,
    sendsEvents: "calls",
    callFields: [...POSTHOG_KEYS, ...POSTHOG_GLOBALS],
    contextKeys: { known: POSTHOG_KEYS, default: ["distinctId"], paths: POSTHOG_GLOBALS },
  },
  launchdarkly: {
    namesSegments: true,
    sendsFlagChanges: true,
    contextKeys: { known: [], default: [] },
    signature: launchdarklySignature,
  },
  flagbridge: {
    integration: "segment-audiences",
    namesSegments: true,
    sendsEvents: "events",
    sendsErasures: true,
    contextKeys: { known: [], default: [] },
    signature: standardWebhooks,
  },
};

/**
 * Returns the integration whose synced segments a connection writes: its own setting, else that of its source.
 * @throws {RangeError} for a connection that has neither; the check of the connections allows it no audiences.
 */
export function integrationOf({ source, audiences }: Connection): Integration {
  const integration = audiences.integration ?? SOURCE_TRAITS[source].integration;
  if (integration === undefined) throw new RangeError(`source ${source} writes no synced segments`);
  return integration;
}

/** Returns the names under which a request may state the context key; the first one present wins. */
export function contextKeyNames({
  source,
  audiences,
}: Pick<Connection, "source" | "audiences">): readonly string[] {
  return audiences.contextKey ?? SOURCE_TRAITS[source].contextKeys.default;
}
