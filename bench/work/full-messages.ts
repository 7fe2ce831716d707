import type { MetricEvent } from "../../lib/messages/metric-events.ts";
import { packFlagChanges, packMetricEvents } from "../../lib/messages/pack-items.ts";
import { flagChanges } from "./flag-changes.ts";
import { operationMessages } from "./operations.ts";

const ACCEPTED_AT = 1_795_694_400_000;
/** More than one message holds. */
const ITEMS = 1_000;

/** The body of a message of each queue that is as full as ingest makes it, just below 60 KB. */
export const FULL_MESSAGES = {
  operations: () => firstOf(operationMessages(0, 1, ITEMS, ACCEPTED_AT)),
  events: () =>
    firstOf(packMetricEvents({ connection: "engage", acceptedAt: ACCEPTED_AT, events: metricEvents() })),
  changes: () =>
    firstOf(
      packFlagChanges({ connection: "changes", acceptedAt: ACCEPTED_AT, changes: flagChanges(0, ITEMS) }),
    ),
};

function metricEvents(): MetricEvent[] {
  return Array.from({ length: ITEMS }, (_, index) => ({
    type: "custom",
    key: "Order Completed",
    contextKeys: { user: `member-${index}`, unauthenticatedUser: `anonymous-${index}` },
    value: 12.5,
    data: { revenue: 12.5, currency: "EUR", order: `order-${index}` },
    at: ACCEPTED_AT,
    index,
    id: `node-next-1795239297241-e41ef078-dd8f-40a2-af30-${index}`,
  }));
}

function firstOf(bodies: readonly string[]): string {
  const [first, second] = bodies;
  if (first === undefined || second === undefined) throw new RangeError("the items do not fill a message");
  return first;
}
