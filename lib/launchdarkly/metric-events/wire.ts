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
 * Legacy: SDKs that know contexts send none, and experiments do not read them.
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
