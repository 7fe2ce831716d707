import { MEMBERS_DIALECTS, parseMembers } from "./members.ts";
import type { Source } from "./source.ts";

/**
 * Tealium: the body of its LaunchDarkly Audience Cohorting connector, which a webhook connector's template can write too.
 * https://docs.tealium.com/server-side-connectors/launchdarkly-audience-cohorting/
 * https://docs.tealium.com/server-side-connectors/webhook-connector-setup-guide/
 */
export const tealium: Source = {
  readsSegmentTargets: true,
  jsonOf: formData,
  parse: (request) => parseMembers(request, MEMBERS_DIALECTS.tealium),
};

/**
 * The webhook connector's form bodies have their JSON in the field `data`. Undefined when a body is no form with one,
 * or its escapes are no UTF-8: a character that stands for what could not be read would make two keys one.
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
