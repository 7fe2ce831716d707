import type { Json } from "../../lib/json.ts";
import { iso, JSON_TYPE, type SampleFacts, sampleMember, withValuesAt } from "./sample.ts";

/** The headers that PostHog's webhook sends, but for the token. */
export const POSTHOG_HEADERS = { ...JSON_TYPE, accept: "application/json" };

/**
 * The body of PostHog's webhook: the event and its person, with the sample's member under every name in `keyNames`, which
 * are names of `contextKey` or `contextKeys`.
 */
export function posthogGlobals(
  facts: SampleFacts,
  keyNames: readonly string[],
  event = "trial started",
): Json {
  const { id, nowMs } = facts;
  const member = sampleMember(facts);
  const uuid = `${id.slice(0, 8)}-${id.slice(8, 12)}-7${id.slice(12, 15)}-8${id.slice(15, 18)}-000000${id.slice(18, 24)}`;
  const at = iso(nowMs);
  const globals = {
    event: {
      uuid,
      event,
      elements_chain: "",
      distinct_id: member,
      properties: { revenue: 12.5, currency: "EUR" },
      timestamp: at,
      url: `https://us.posthog.com/project/1/events/${uuid}/${encodeURIComponent(at)}`,
    },
    person: {
      id: member,
      name: member,
      properties: { email: member },
      url: "https://us.posthog.com/project/1/person/sample",
    },
  };
  return withValuesAt(
    globals,
    keyNames.filter((name) => name.includes(".")),
    member,
  );
}
