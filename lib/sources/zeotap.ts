import { MEMBERS_DIALECTS, parseMembers } from "./members.ts";
import type { Source } from "./source.ts";

/**
 * The body of Zeotap's LaunchDarkly destination.
 * https://docs.zeotap.com/articles/integrate-customer/launchdarkly-real-time-integration
 */
export const zeotap: Source = {
  readsSegmentTargets: true,
  parse: (request) => parseMembers(request, MEMBERS_DIALECTS.zeotap),
};
