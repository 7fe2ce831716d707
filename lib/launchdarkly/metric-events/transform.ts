import type { MetricEvent } from "../../messages/metric-events.ts";
import { type EventSchema, USER_SCHEMA } from "./versions.ts";
import type { AliasEvent, CustomEvent, UserCustomEvent } from "./wire.ts";

/** An event as LaunchDarkly takes it. With schema 3 the key of `contextKind`, which ingest has seen to, is the user key. */
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
  const { key, contextKeys, at: creationDate, value: metricValue, data } = event;
  // JSON leaves out what is undefined.
  if (eventSchema !== USER_SCHEMA)
    return { kind: "custom", key, contextKeys, creationDate, metricValue, data };
  const userKey = contextKeys[contextKind] ?? "";
  return { kind: "custom", key, userKey, creationDate, metricValue, data };
}
