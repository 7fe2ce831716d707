import type { MetricEvent } from "../../messages/metric-events.ts";

/** Events with context keys. https://launchdarkly.com/docs/home/metrics/import-events */
const CONTEXT_SCHEMA = 4;
/** Events with a user key, as in Segment's first LaunchDarkly destination. */
const USER_SCHEMA = 3;
export type EventSchema = typeof CONTEXT_SCHEMA | typeof USER_SCHEMA;

/** A custom event of schema 4. https://launchdarkly.com/docs/home/metrics/import-events */
export type CustomEvent = {
  readonly kind: "custom";
  readonly key: string;
  readonly contextKeys: Readonly<Record<string, string>>;
  /** Unix ms. */
  readonly creationDate: number;
  readonly metricValue?: number | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
};

/** A custom event of schema 3. https://segment.com/docs/connections/destinations/catalog/launchdarkly/ */
export type UserCustomEvent = Omit<CustomEvent, "contextKeys"> & { readonly userKey: string };

/**
 * Legacy alias event: SDKs with contexts do not send it, and experiments do not read it.
 * https://github.com/segmentio/action-destinations/tree/main/packages/destination-actions/src/destinations/launchdarkly/aliasUser
 */
export type AliasEvent = {
  readonly kind: "alias";
  readonly key: string;
  readonly previousKey: string;
  readonly contextKind: "user";
  readonly previousContextKind: "anonymousUser";
  readonly creationDate: number;
};

/** Converts an event to LaunchDarkly's form. With schema 3 the key of `contextKind`, whose presence ingest has checked, is the user key. */
export function wireEvent(
  event: MetricEvent,
  { eventSchema, contextKind }: { readonly eventSchema: EventSchema; readonly contextKind: string },
): CustomEvent | UserCustomEvent | AliasEvent {
  if (event.type === "alias") {
    const { key, previousKey, at } = event;
    return {
      kind: "alias",
      key,
      previousKey,
      contextKind: "user",
      previousContextKind: "anonymousUser",
      creationDate: at,
    };
  }
  const { key, contextKeys, at: creationDate, value: metricValue, data } = event;
  // JSON.stringify omits undefined members.
  if (eventSchema !== USER_SCHEMA)
    return { kind: "custom", key, contextKeys, creationDate, metricValue, data };
  const userKey = contextKeys[contextKind] ?? "";
  return { kind: "custom", key, userKey, creationDate, metricValue, data };
}
