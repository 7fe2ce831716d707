/**
 * Statuses by which LaunchDarkly refuses events, of which it then accepted none. 202 and other 2xx say that they were
 * accepted, and counted or not by rules of LaunchDarkly's own. https://launchdarkly.com/docs/home/metrics/import-events
 */
export const REFUSALS: readonly number[] = [400, 413, 422];
