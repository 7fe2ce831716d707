/**
 * Members in one request. LaunchDarkly names no limit; this is the batch of Segment's LaunchDarkly Audiences
 * destination, and MAX_IDENTIFIERS of RudderStack's:
 * https://github.com/rudderlabs/rudder-transformer/blob/develop/src/cdk/v2/destinations/launchdarkly_audience/config.js
 */
export const MAX_MEMBERS = 1_000;
