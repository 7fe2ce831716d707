/** Events in one request. LaunchDarkly names no number. */
export const MAX_EVENTS = 1_000;
/**
 * Bytes of a request before it is compressed. The import route takes less than 10 MB; the client-side route names no
 * limit, and Relay and the SDKs stay far below. https://launchdarkly.com/docs/home/metrics/import-events
 */
export const MAX_BYTES = 4_000_000;
/** A message with so many events is a request of its own, so that its redelivery repeats the payload id. */
export const OWN_REQUEST_EVENTS = 50;
