import { MEMBERS_DIALECTS, parseMembers } from "./members.ts";
import type { Source } from "./source.ts";

/**
 * The body of Tealium's LaunchDarkly Audience Cohorting connector, which the template of a webhook connector can also write.
 * https://docs.tealium.com/server-side-connectors/launchdarkly-audience-cohorting/
 * https://docs.tealium.com/server-side-connectors/webhook-connector-setup-guide/
 */
export const tealium: Source = {
  readsSegmentTargets: true,
  jsonOf: formData,
  parse: (request) => parseMembers(request, MEMBERS_DIALECTS.tealium),
};

/**
 * The webhook connector sends forms with the JSON in the field `data`. Undefined when the body is not such a form, or its
 * escapes are not UTF-8: a replacement character could turn two keys into one.
 */
function formData(body: string): string | undefined {
  const field = body.split("&").find((part) => part.startsWith("data="));
  if (field === undefined) return undefined;
  try {
    return decodeURIComponent(field.slice("data=".length).replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
