/**
 * An event in a request to `/batch/`. The distinct_id beside `properties` is the one that PostHog goes by.
 * https://posthog.com/docs/api/capture#batch-events
 */
export type CaptureEvent = {
  /** Two events with the same uuid, name, distinct_id and day become one, in time. https://posthog.com/docs/how-posthog-works/ingestion-pipeline */
  readonly uuid: string;
  readonly event: string;
  readonly distinct_id: string;
  /** RFC 3339 in whole seconds. */
  readonly timestamp: string;
  readonly properties: CaptureProperties;
};

/**
 * The properties on PostHog's page about its LaunchDarkly connector are always present, and empty where LaunchDarkly says
 * nothing. All other properties are absent then. https://posthog.com/docs/apps/launchdarkly-connector
 */
export type CaptureProperties = {
  readonly launchDarklyEventId: string;
  readonly launchDarklyEventAccountId: string;
  readonly launchDarklyEventType: string;
  readonly comment: string;
  /** LaunchDarkly's id of the member. */
  readonly distinct_id: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly title: string;

  readonly titleVerb?: string | undefined;
  readonly details?: string | undefined;
  readonly action?: string | undefined;
  readonly actions: readonly string[];
  readonly direction?: "on" | "off" | undefined;
  readonly flagKey?: string | undefined;
  readonly flagName?: string | undefined;
  readonly resourceKey?: string | undefined;
  readonly resourceName?: string | undefined;
  readonly project?: string | undefined;
  readonly environments: readonly string[];
  readonly environment?: string | undefined;
  readonly tags: readonly string[];
  readonly link?: string | undefined;
  readonly actorKind: ActorKind;
  readonly tokenName?: string | undefined;
  readonly appName?: string | undefined;
  /** Unix ms. */
  readonly changedAtMs: number;
  readonly truncated?: true | undefined;

  /** PostHog makes no person profile of whoever changed a flag. https://posthog.com/docs/data/anonymous-vs-identified-events */
  readonly $process_person_profile: false;
  /** The sender's address is that of a data centre, so PostHog must not derive a location from it. https://posthog.com/docs/cdp/geoip-enrichment */
  readonly $geoip_disable: true;
  /** By group type. https://posthog.com/docs/product-analytics/group-analytics */
  readonly $groups?: Readonly<Record<string, string>> | undefined;
  readonly $lib: "flagbridge";
  readonly $lib_version: string;
};

/** Who or what changed something: a member, else a token, else an app, else LaunchDarkly itself. */
export type ActorKind = "member" | "token" | "app" | "launchdarkly";
