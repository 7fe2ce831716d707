/** Events with context keys. https://launchdarkly.com/docs/home/metrics/import-events */
export const CONTEXT_SCHEMA = 4;
/** Events with a user key, as Segment's first LaunchDarkly destination sent them. */
export const USER_SCHEMA = 3;
export type EventSchema = typeof CONTEXT_SCHEMA | typeof USER_SCHEMA;
