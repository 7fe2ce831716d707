/**
 * Target operations in one request of any of the instructions that we send.
 * https://launchdarkly.com/docs/api/segments/patch-segment
 */
export const MAX_MEMBERS = 1_500;

/**
 * Targets of a smaller list-based segment, included and excluded ones of every kind together.
 * https://launchdarkly.com/docs/home/flags/segment-types
 */
export const MAX_TARGETS = 15_000;
