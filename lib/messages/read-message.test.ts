import { expect, test } from "vitest";
import { audienceOperationsMessage } from "./audience-operations.ts";
import { metricEventsMessage } from "./metric-events.ts";
import { readMessage } from "./read-message.ts";

const frame = { v: 1, connection: "web", acceptedAt: 1 };
/** A queue takes a message of twice as many. */
const ones = Array.from({ length: 200_000 }, () => 1);
const unreadable = { kind: "unreadable", cause: "The message has too many problems to name." };

test("a message of 200,000 operations that are none is unreadable, and takes nobody down", () => {
  const body = JSON.stringify({ ...frame, kind: "audience.operations", segments: [], operations: ones });
  expect(readMessage({ schema: audienceOperationsMessage }, body)).toEqual(unreadable);
});

test("so is one of 200,000 events that are none", () => {
  const body = JSON.stringify({ ...frame, kind: "metric.events", events: ones });
  expect(readMessage({ schema: metricEventsMessage }, body)).toEqual(unreadable);
});
