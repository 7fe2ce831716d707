import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import type { MetricEventsMessage } from "../../lib/messages/metric-events.ts";
import { invokeBuilt, largestEvent } from "../built-function.ts";
import type { Figure, Whole } from "../scenario.ts";

const LIMIT_MB = 256;
const ACCEPTED_AT = Date.now();

export const memory: Whole = {
  kind: "whole",
  name: "memory",
  about:
    "peak memory of the built queue functions, Node included, on the largest invocation that Lambda makes",
  run: async () => [
    ...(await measure("audience-batcher, 1 operation a record", "audience-batcher", (number) =>
      operations(number, 1),
    )),
    ...(await measure("audience-batcher, 450 operations a record", "audience-batcher", (number) =>
      operations(number, 450),
    )),
    ...(await measure("metric-forwarder, 1 event a record", "metric-forwarder", (number) =>
      events(number, 1),
    )),
    ...(await measure("metric-forwarder, 150 events a record", "metric-forwarder", (number) =>
      events(number, 150),
    )),
  ],
};

async function measure(
  label: string,
  name: string,
  message: (number: number) => object,
): Promise<readonly Figure[]> {
  const records = largestEvent(message);
  const { peakMb } = await invokeBuilt(name, records);
  return [
    { label: `${label}: records`, value: records.length, unit: "records" },
    { label: `${label}: peak`, value: peakMb, unit: "MB", atMost: LIMIT_MB },
  ];
}

/** Members that all differ: nothing collapses, and the ledger knows nobody. */
function operations(number: number, perRecord: number): AudienceOperationsMessage {
  return {
    v: 1,
    kind: "audience.operations",
    connection: "engage",
    acceptedAt: ACCEPTED_AT,
    segments: [{ id: "beta", name: "Beta", kind: "user" }],
    operations: Array.from({ length: perRecord }, (_, index) => ({
      segment: 0,
      key: `member-${number}-${index}`,
      action: "add",
      at: ACCEPTED_AT,
      index,
      id: idOf(number * perRecord + index),
    })),
  };
}

function events(number: number, perRecord: number): MetricEventsMessage {
  return {
    v: 1,
    kind: "metric.events",
    connection: "engage",
    acceptedAt: ACCEPTED_AT,
    events: Array.from({ length: perRecord }, (_, index) => ({
      type: "custom",
      key: "Order Completed",
      contextKeys: { user: `member-${number}-${index}`, unauthenticatedUser: `anonymous-${number}-${index}` },
      value: 12.5,
      data: { revenue: 12.5, currency: "EUR", order: `order-${number}-${index}` },
      at: ACCEPTED_AT,
      index,
      id: idOf(number * perRecord + index),
    })),
  };
}

/** As long as those of the Segment SDK. */
function idOf(number: number): string {
  return `node-next-${ACCEPTED_AT}-e41ef078-dd8f-40a2-af30-${String(number).padStart(12, "0")}`;
}
