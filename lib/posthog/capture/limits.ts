import type { RequestLimits } from "../../delivery/lane.ts";

/**
 * What one request may hold. PostHog takes 20 MB and names no number of events; its SDKs stop at 5 MiB and 100 events.
 * 500 events of the usual size are below 1 MB and a fifth of the requests; one bad event among them costs some 18 more.
 * The rest of a request, the key foremost, takes less than 1 KiB. A single event may have some 900 KiB: none comes near,
 * because its change came in a message of 60 KB.
 * https://posthog.com/docs/api/capture#batch-events
 */
export const REQUEST_LIMITS = { maxEvents: 500, maxBytes: 5 * 1_024 * 1_024 - 1_024 } satisfies RequestLimits;

/** PostHog cuts longer ids itself, and two that differ behind the cut would be one. https://posthog.com/docs/api/capture */
export const MAX_DISTINCT_ID_CHARS = 200;
/** https://posthog.com/docs/api/capture */
export const MAX_EVENT_NAME_CHARS = 200;
/** https://posthog.com/docs/product-analytics/group-analytics */
export const MAX_GROUP_KEY_CHARS = 400;
