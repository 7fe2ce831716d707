import { describe, expect, test } from "vitest";
import { noEvidence } from "./isolate.ts";
import { type EventSender, type Lane, type RequestLimits, startLane, type WrittenEvent } from "./lane.ts";

const limits = { maxEvents: 1_000, maxBytes: 4_000_000, ownRequestEvents: 50 } satisfies RequestLimits;
const { maxEvents, maxBytes, ownRequestEvents } = limits;

const sender: EventSender = { evidence: noEvidence(), send: async () => "delivered" };
const events = (from: number, count: number, json = "{}") =>
  Array.from({ length: count }, (_, offset) => ({ id: `event-${from + offset}`, json, item: from + offset }));

/** Adds the events of one message. */
function addMessage(lane: Lane, message: readonly (WrittenEvent & { readonly item: number })[]): void {
  const add = lane.startMessage(message.length, "one");
  for (const { id, json, item } of message) add(id, json, item);
}

describe("the events of one place in a batch", () => {
  test("of 1,000 single-event messages are one request", () => {
    const lane = startLane(sender, limits);
    for (let message = 0; message < 1_000; message += 1) addMessage(lane, events(message, 1));
    expect(lane.requests().map((request) => request.length)).toEqual([1_000]);
  });

  test("of a large message are a request of their own, so that a redelivery repeats it", () => {
    const lane = startLane(sender, limits);
    addMessage(lane, events(0, ownRequestEvents));
    addMessage(lane, events(100, ownRequestEvents - 1));
    addMessage(lane, events(200, 1));
    expect(lane.requests().map((request) => request.length)).toEqual([ownRequestEvents, ownRequestEvents]);
    expect(lane.requests()[0]?.map(({ id }) => id)).toEqual(events(0, ownRequestEvents).map(({ id }) => id));
  });

  test("of a large message go with the others where a request has no id", () => {
    const lane = startLane(sender, { maxEvents, maxBytes });
    addMessage(lane, events(0, ownRequestEvents));
    addMessage(lane, events(100, 1));
    expect(lane.requests().map((request) => request.length)).toEqual([ownRequestEvents + 1]);
  });

  test("of a connection's second large message wait until another's first has had its turn", () => {
    const lane = startLane(sender, limits);
    const large = (from: number, connection: string): void => {
      const add = lane.startMessage(ownRequestEvents, connection);
      for (const { id, json, item } of events(from, ownRequestEvents)) add(id, json, item);
    };
    large(0, "noisy");
    large(1_000, "noisy");
    large(2_000, "quiet");
    const firsts = [events(0, 1), events(2_000, 1), events(1_000, 1)].map(([event]) => event?.id);
    expect(lane.requests().map(([event]) => event?.id)).toEqual(firsts);
  });

  test("that go together take turns by connection, so that the first request has some of each", () => {
    const lane = startLane(sender, { maxEvents: 2, maxBytes });
    for (const [connection, from] of [
      ["noisy", 0],
      ["noisy", 1],
      ["quiet", 2],
    ] as const)
      for (const { id, json, item } of events(from, 1)) lane.startMessage(1, connection)(id, json, item);
    expect(lane.requests().map((request) => request.map(({ items }) => items))).toEqual([[0, 2], [1]]);
  });

  test("that come twice are sent once and stand for both", () => {
    const lane = startLane(sender, limits);
    addMessage(lane, [{ id: "a", json: "{}", item: 0 }]);
    addMessage(lane, [{ id: "a", json: "{}", item: 7 }]);
    expect(lane.requests()).toEqual([[{ id: "a", json: "{}", items: [0, 7] }]]);
  });

  test("are divided at the limits of a request", () => {
    const many = startLane(sender, limits);
    addMessage(many, events(0, maxEvents + 1));
    expect(many.requests().map((request) => request.length)).toEqual([maxEvents, 1]);
    const large = startLane(sender, limits);
    addMessage(large, events(0, 3, "x".repeat(maxBytes / 2 - 10)));
    expect(large.requests().map((request) => request.length)).toEqual([2, 1]);
  });

  test("when there are none make no request", () => {
    expect(startLane(sender, limits).requests()).toEqual([]);
  });
});
