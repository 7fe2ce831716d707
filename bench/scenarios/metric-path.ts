import { packMetricEvents } from "../../lib/messages/pack-items.ts";
import {
  type Comparison,
  type Figure,
  figureOf,
  GateError,
  type Measured,
  ratioOf,
  scaledFigureOf,
  type Work,
} from "../scenario.ts";
import { AT, trackEvents } from "../work/engage-events.ts";
import { connectionsTo, EVENTS_QUEUE, metricForwarder, recordIn } from "../work/functions.ts";
import { launchdarklyEvents } from "../work/segment-destination.ts";
import { barePost, chunks, workOnSink } from "../work/sink-work.ts";

const EVENTS = 10_000;
const ROUNDS = 30;
/** The peer makes a request for each event, so it gets fewer of them. */
const PEER_EVENTS = 200;
/** What the floor puts in one request. */
const PER_REQUEST = 500;
/** Where the floor takes {@link FLOOR_US}, as it did where the limit was set. */
const LIMIT_US = 5;
const FLOOR_US = 1.84;
const LIMIT_REQUESTS = 2;

export const metricPath: Comparison = {
  kind: "comparison",
  name: "metric-path",
  about: `${EVENTS.toLocaleString("en-US")} metric events from queued messages to LaunchDarkly's events service, gzip and HTTP included`,
  repetitions: 5,
  variants: {
    floor: { prepare: () => onSink(EVENTS, floorTo) },
    flagbridge: { prepare: () => onSink(EVENTS, flagbridgeTo(20)) },
    largeMessages: { prepare: () => onSink(EVENTS, flagbridgeTo(150)) },
    singleMessages: { prepare: () => onSink(EVENTS, flagbridgeTo(1)) },
    segment: { needs: "peers", prepare: () => onSink(PEER_EVENTS, segmentTo) },
  },
  figures: ({ floor, flagbridge, largeMessages, singleMessages, segment }): Figure[] => {
    if (!floor || !flagbridge || !largeMessages || !singleMessages)
      throw new RangeError("these variants are always measured");
    return [
      figureOf("floor: write the bodies and send them, no gzip", "µs/event", floor.cpuUs),
      figureOf("metric-forwarder, messages of 20 events, here", "µs/event", flagbridge.cpuUs),
      scaledFigureOf(
        `metric-forwarder, messages of 20 events, where the floor takes ${FLOOR_US} µs`,
        "µs/event",
        flagbridge,
        { reference: floor, referenceUs: FLOOR_US, atMost: LIMIT_US },
      ),
      { ...requestsOf("messages of 20 events", flagbridge), atMost: LIMIT_REQUESTS },
      figureOf("metric-forwarder, messages of one event", "µs/event", singleMessages.cpuUs),
      { ...requestsOf("messages of one event", singleMessages), atMost: LIMIT_REQUESTS },
      figureOf("metric-forwarder, messages of 150 events", "µs/event", largeMessages.cpuUs),
      requestsOf("messages of 150 events, each a request that repeats its id", largeMessages),
      ...(segment
        ? [
            figureOf("Segment's LaunchDarkly destination, a request each", "µs/event", segment.cpuUs),
            ratioOf("metric-forwarder / Segment's destination", flagbridge, segment),
          ]
        : []),
    ];
  },
};

function requestsOf(of: string, { counts }: Measured): Figure {
  const value = ((counts.requests ?? 0) * 1_000) / (EVENTS * ROUNDS);
  return { label: `requests for 1,000 events, ${of}`, value, unit: "requests" };
}

function onSink(events: number, path: (base: string, events: number) => () => Promise<void>): Promise<Work> {
  return workOnSink({
    items: events,
    warmUpRounds: ROUNDS,
    rounds: ROUNDS,
    path: (base) => path(base, events),
    check: (bodies) => check(bodies, events),
  });
}

/** Every event has arrived once, with its value. */
function check(bodies: readonly string[], events: number): void {
  // Ours or the peer's, and compared event by event with what it should be.
  const sent = bodies.flatMap((body) => JSON.parse(body) as ReturnType<typeof wire>[]);
  const found = sent.map((event) => JSON.stringify(sorted(event))).toSorted();
  const expected = trackEvents(0, events)
    .map((event) => JSON.stringify(sorted(wire(event))))
    .toSorted();
  const differs = expected.findIndex((event, at) => event !== found[at]);
  if (differs >= 0) throw new GateError(`sent ${found[differs]} where ${expected[differs]} was expected`);
  if (found.length !== events) throw new GateError(`sent ${found.length} events, not ${events}`);
}

type Track = ReturnType<typeof trackEvents>[number];

function wire({ event, userId, anonymousId, timestamp, properties }: Track) {
  return {
    kind: "custom",
    key: event,
    contextKeys: { user: userId, unauthenticatedUser: anonymousId },
    creationDate: Date.parse(timestamp),
    metricValue: properties.revenue,
    data: properties,
  };
}

/** The order of members says nothing. */
function sorted({ contextKeys, ...event }: ReturnType<typeof wire>): object {
  const { user, unauthenticatedUser } = contextKeys;
  const { kind, key, creationDate, metricValue, data } = event;
  return { kind, key, user, unauthenticatedUser, creationDate, metricValue, data };
}

function flagbridgeTo(perMessage: number) {
  return (base: string, count: number) => {
    const forward = metricForwarder(connectionsTo(base));
    const acceptedAt = Date.now();
    const events = trackEvents(0, count).map(
      ({ event, userId, anonymousId, properties, messageId }, index) => ({
        type: "custom" as const,
        key: event,
        contextKeys: { user: userId, unauthenticatedUser: anonymousId },
        value: properties.revenue,
        data: properties,
        at: Date.parse(AT),
        index: index % perMessage,
        id: messageId,
      }),
    );
    const records = chunks(events, perMessage)
      .flatMap((some) => packMetricEvents({ connection: "engage", acceptedAt, events: some }))
      .map(recordIn(EVENTS_QUEUE));
    return () => forward(records);
  };
}

function segmentTo(base: string, count: number) {
  const { onEvent } = launchdarklyEvents(base);
  const events = trackEvents(0, count);
  return async () => {
    for (const event of events) await onEvent(event);
  };
}

function floorTo(base: string, count: number) {
  const post = barePost(`${base}/events/bulk/environment`);
  const batches = chunks(trackEvents(0, count), PER_REQUEST);
  return async () => {
    for (const events of batches) await post(JSON.stringify(events.map(wire)));
  };
}
