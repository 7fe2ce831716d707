import type { RequestLimits } from "../../delivery/lane.ts";

/**
 * What one request may hold. LaunchDarkly names no number of events. The import route takes less than 10 MB before
 * compression; the client-side route names no limit, and Relay and the SDKs stay far below. A message of many events is
 * a request of its own, so that its redelivery repeats the payload id.
 * https://launchdarkly.com/docs/home/metrics/import-events
 */
export const REQUEST_LIMITS = {
  maxEvents: 1_000,
  maxBytes: 4_000_000,
  ownRequestEvents: 50,
} satisfies RequestLimits;
