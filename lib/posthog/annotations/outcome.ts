/**
 * The status by which PostHog refuses an annotation for what is in it. Self-hosted versions of old take 400 characters.
 * https://posthog.com/docs/api/annotations
 */
export const REFUSALS: readonly number[] = [400];
