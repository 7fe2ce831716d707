import { expect, test } from "vitest";
import { audienceOperationsMessage } from "./audience-operations.ts";
import { metricEventsMessage } from "./metric-events.ts";
import { type MessageShape, readMessage } from "./read-message.ts";

const frame = { v: 1, connection: "web", acceptedAt: 1 };
const ones = Array.from({ length: 500_000 }, () => 1);

test.each<[string, MessageShape<unknown>["schema"], object]>([
  [
    "operations",
    audienceOperationsMessage,
    { ...frame, kind: "audience.operations", segments: [], operations: ones },
  ],
  ["events", metricEventsMessage, { ...frame, kind: "metric.events", events: ones }],
])(
  "a message of half a million %s that are none is unreadable, and takes nobody down",
  (_, schema, message) => {
    expect(readMessage({ schema }, JSON.stringify(message))).toEqual({
      kind: "unreadable",
      cause: "The message has too many problems to name.",
    });
  },
);
