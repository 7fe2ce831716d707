import { describe, expect, test } from "vitest";
import { noEvidence } from "../../delivery/isolate.ts";
import { MAX_BYTES, MAX_EVENTS, OWN_REQUEST_EVENTS } from "./limits.ts";
import { startLane } from "./plan.ts";
import type { EventSender } from "./request.ts";

const sender: EventSender = { evidence: noEvidence(), send: async () => "delivered" };
const events = (from: number, count: number, json = "{}") =>
  Array.from({ length: count }, (_, offset) => ({ id: `event-${from + offset}`, json, item: from + offset }));

describe("the events of an environment in a batch", () => {
  test("of 1,000 single-event messages are one request", () => {
    const lane = startLane(sender);
    for (let message = 0; message < 1_000; message += 1) lane.add(events(message, 1));
    expect(lane.requests().map((request) => request.length)).toEqual([1_000]);
  });

  test("of a large message are a request of their own, so that a redelivery repeats it", () => {
    const lane = startLane(sender);
    lane.add(events(0, OWN_REQUEST_EVENTS));
    lane.add(events(100, OWN_REQUEST_EVENTS - 1));
    lane.add(events(200, 1));
    expect(lane.requests().map((request) => request.length)).toEqual([
      OWN_REQUEST_EVENTS,
      OWN_REQUEST_EVENTS,
    ]);
    expect(lane.requests()[0]?.map(({ id }) => id)).toEqual(
      events(0, OWN_REQUEST_EVENTS).map(({ id }) => id),
    );
  });

  test("that come twice are sent once and stand for both", () => {
    const lane = startLane(sender);
    lane.add([{ id: "a", json: "{}", item: 0 }]);
    lane.add([{ id: "a", json: "{}", item: 7 }]);
    expect(lane.requests()).toEqual([[{ id: "a", json: "{}", items: [0, 7] }]]);
  });

  test("are divided at the limits of a request", () => {
    const many = startLane(sender);
    many.add(events(0, MAX_EVENTS + 1));
    expect(many.requests().map((request) => request.length)).toEqual([MAX_EVENTS, 1]);
    const large = startLane(sender);
    large.add(events(0, 3, "x".repeat(MAX_BYTES / 2 - 10)));
    expect(large.requests().map((request) => request.length)).toEqual([2, 1]);
  });

  test("when there are none make no request", () => {
    expect(startLane(sender).requests()).toEqual([]);
  });
});
