/**
 * Members in one request. LaunchDarkly names no limit; synced segments are kept in the same store, and 1,000 is what
 * the connectors that LaunchDarkly lists send to it. With the longest keys that is a body of 2 MB.
 * https://launchdarkly.com/docs/api/segments/update-context-targets-on-a-big-segment
 */
export const MAX_MEMBERS = 1_000;
