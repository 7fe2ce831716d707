/**
 * The endpoint for many events at once, which PostHog Cloud and every self-hosted version have. A newer one
 * (`/i/v1/analytics/events`) answers event by event; nothing says which self-hosted versions have it.
 * https://posthog.com/docs/api/capture#batch-events
 */
export const BATCH_PATH = "/batch/";
