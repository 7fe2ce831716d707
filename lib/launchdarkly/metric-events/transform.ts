import type { MetricEvent } from "../../messages/metric-events.ts";
import { type EventSchema, USER_SCHEMA } from "./versions.ts";
import type { AliasEvent, CustomEvent, UserCustomEvent } from "./wire.ts";

/** An event as LaunchDarkly takes it. With schema 3 the key of `contextKind` is the user key. */
export function wireEvent(
  event: MetricEvent,
  { eventSchema, contextKind }: { readonly eventSchema: EventSchema; readonly contextKind: string },
): CustomEvent | UserCustomEvent | AliasEvent {
  if (event.type === "alias") {
    const { key, previousKey, at } = event;
    return {
      kind: "alias",
      key,
      previousKey,
      contextKind: "user",
      previousContextKind: "anonymousUser",
      creationDate: at,
    };
  }
  const { key, contextKeys, at, value, data } = event;
  const rest = {
    creationDate: at,
    ...(value !== undefined && { metricValue: value }),
    ...(data !== undefined && { data }),
  };
  if (eventSchema !== USER_SCHEMA) return { kind: "custom", key, contextKeys, ...rest };
  const userKey = contextKeys[contextKind] ?? Object.values(contextKeys)[0] ?? "";
  return { kind: "custom", key, userKey, ...rest };
}
