/** https://posthog.com/docs/api/annotations */
export const MAX_CONTENT_CHARS = 8_192;

/** Two run side by side (functions/posthog-forwarder/function.yml) and do not know of each other. */
const FORWARDERS = 2;
/** What PostHog allows a project by its private API. https://posthog.com/docs/api#rate-limiting */
export const REQUESTS_PER_MINUTE = 480 / FORWARDERS;
export const REQUESTS_PER_HOUR = 4_800 / FORWARDERS;
