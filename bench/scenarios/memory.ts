import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import type { FlagChangesMessage } from "../../lib/messages/flag-changes.ts";
import type { MetricEventsMessage } from "../../lib/messages/metric-events.ts";
import { invokeBuilt, largestEvent } from "../built-function.ts";
import { deployed } from "../deployed.ts";
import { MAX_RECORDS } from "../lambda-event.ts";
import type { Figure, Whole } from "../scenario.ts";
import { membersFrom } from "../work/engage-events.ts";
import { flagChanges } from "../work/flag-changes.ts";
import { CHANGES_QUEUE, EVENTS_QUEUE, eventOf, OPERATIONS_QUEUE, TOKEN } from "../work/functions.ts";

const ACCEPTED_AT = Date.now();
/** Just below what a webhook may have, inflated. */
const BODY_BYTES = 4_000_000;

export const memory: Whole = {
  kind: "whole",
  name: "memory",
  about:
    "peak memory of the built functions, Node included, over eight of the largest events that Lambda hands over, no two alike for the queue functions",
  run: async () => {
    const limitMb = deployed().memoryMb / 2;
    const figures: Figure[] = [];
    for (const { label, name, events, mayComeAgain } of invocations()) {
      const { peakMb } = await invokeBuilt(name, events, mayComeAgain);
      figures.push({ label: `${name}, ${label}`, value: peakMb, unit: "MB", atMost: limitMb });
    }
    return figures;
  },
};

/** What a warm function keeps of earlier events counts as well. */
const EVENTS = 8;

type Invocations = {
  readonly label: string;
  readonly name: string;
  readonly events: readonly object[];
  /** Records of an event that may: the last members of a full batch wait for the next, if they fill no request. */
  readonly mayComeAgain: number;
};

function invocations(): Invocations[] {
  const batches = [
    ["1 operation a record", "audience-batcher", OPERATIONS_QUEUE, (number: number) => operations(number, 1)],
    [
      "450 operations a record",
      "audience-batcher",
      OPERATIONS_QUEUE,
      (number: number) => operations(number, 450),
    ],
    ["1 event a record", "metric-forwarder", EVENTS_QUEUE, (number: number) => events(number, 1)],
    ["150 events a record", "metric-forwarder", EVENTS_QUEUE, (number: number) => events(number, 150)],
    ["1 change a record", "posthog-forwarder", CHANGES_QUEUE, (number: number) => changes(number, 1)],
    ["50 changes a record", "posthog-forwarder", CHANGES_QUEUE, (number: number) => changes(number, 50)],
  ] as const;
  return [
    {
      label: "a body of 4 MB",
      name: "ingest",
      events: Array(EVENTS).fill(largestRequest()),
      mayComeAgain: 0,
    },
    ...batches.map(([label, name, queue, message]) => {
      const events = Array.from({ length: EVENTS }, (_, number) => ({
        Records: largestEvent(queue, message, number * MAX_RECORDS),
      }));
      const mayComeAgain = name === "audience-batcher" ? 3 : 0;
      return { label: `${label}, ${events[0]?.Records.length} of them`, name, events, mayComeAgain };
    }),
  ];
}

function largestRequest(): object {
  const one = { segment: { id: "beta" }, action: "add", contextKey: "member-000000000" };
  const count = Math.floor(BODY_BYTES / (JSON.stringify(one).length + 1));
  const audienceOperations = membersFrom(0, count).map((contextKey) => ({
    ...one,
    contextKey: contextKey.slice(0, one.contextKey.length),
  }));
  return eventOf("/c/own", { authorization: TOKEN }, JSON.stringify({ audienceOperations }));
}

function changes(number: number, perRecord: number): FlagChangesMessage {
  return {
    v: 1,
    kind: "flag.change",
    connection: "changes",
    acceptedAt: ACCEPTED_AT,
    changes: flagChanges(number * perRecord, perRecord),
  };
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
