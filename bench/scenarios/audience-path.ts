import { createHmac } from "node:crypto";
import {
  type Comparison,
  type Figure,
  figureOf,
  GateError,
  type Measured,
  ratioOf,
  type Variant,
  type Work,
} from "../scenario.ts";
import { AUDIENCE, engageEvents, membersFrom } from "../work/engage-events.ts";
import {
  audienceBatcher,
  connectionsTo,
  eventOf,
  ingest,
  OPERATIONS_QUEUE,
  recordIn,
  SHARED_SECRET,
} from "../work/functions.ts";
import { emptyLedger } from "../work/ledgers.ts";
import { launchdarklyAudiences } from "../work/segment-destination.ts";
import { barePost, chunks, workOnSink } from "../work/sink-work.ts";

const EVENTS = 10_000;
/** What the peer sends in one request, and what LaunchDarkly takes in one of ours. */
const PER_REQUEST = 1_000;
const PER_WEBHOOK = 500;
const SINGLES = 200;

/** Where the limits were set it took {@link AUDIENCE_PATH_FLOOR_US}. */
export const audiencePathFloor: Variant = { prepare: () => onSink(EVENTS, floorTo) };
export const AUDIENCE_PATH_FLOOR_US = 0.98;

export const audiencePath: Comparison = {
  kind: "comparison",
  name: "audience-path",
  about: `${EVENTS.toLocaleString("en-US")} Engage events to LaunchDarkly's segment endpoint, HTTP included; what is in AWS is in memory, and the ledger's calls are free`,
  repetitions: 5,
  variants: {
    floor: audiencePathFloor,
    flagbridge: { prepare: () => onSink(EVENTS, flagbridgeTo) },
    segment: { needs: "peers", prepare: () => onSink(EVENTS, segmentTo) },
    segmentSingly: { needs: "peers", prepare: () => onSink(SINGLES, segmentSinglyTo) },
  },
  figures: ({ floor, flagbridge, segment, segmentSingly }): Figure[] => {
    if (!floor || !flagbridge) throw new RangeError("these variants are always measured");
    return [
      figureOf("floor: write the bodies and send them", "µs/event", floor.cpuUs),
      figureOf("Flagbridge: ingest and audience-batcher", "µs/event", flagbridge.cpuUs),
      requestsOf("Flagbridge: requests for 1,000 events", flagbridge, EVENTS),
      ...(segment
        ? [
            figureOf("Segment's destination, batches of 1,000", "µs/event", segment.cpuUs),
            requestsOf("Segment's destination: requests for 1,000 events", segment, EVENTS),
            ratioOf("Flagbridge / Segment's destination", flagbridge, segment, 1),
          ]
        : []),
      ...(segmentSingly
        ? [figureOf("Segment's destination, one event a call", "µs/event", segmentSingly.cpuUs)]
        : []),
    ];
  },
};

const ROUNDS = 10;

function requestsOf(label: string, { counts }: Measured, events: number): Figure {
  return { label, value: ((counts.requests ?? 0) * 1_000) / (events * ROUNDS), unit: "requests" };
}

/** Makes the function that sends the events of one round to LaunchDarkly at `base`. */
type Path = (base: string, events: number) => () => Promise<void>;

function onSink(events: number, path: Path): Promise<Work> {
  return workOnSink({
    items: events,
    warmUpRounds: 10,
    rounds: ROUNDS,
    path: (base) => path(base, events),
    check: (bodies) => check(bodies, events),
  });
}

type Body = {
  readonly environmentId: string;
  readonly contextKind: string;
  readonly batch: readonly object[];
};

/** What LaunchDarkly gets is the same, whoever sends it. */
function check(bodies: readonly string[], events: number): void {
  // Ours or the peer's, and compared member by member with what it should be.
  const sent = bodies.map((body) => JSON.parse(body) as Body);
  const strange = sent.find(
    ({ environmentId, contextKind }) => environmentId !== "environment" || contextKind !== "user",
  );
  if (strange) throw new GateError(`a request is for ${strange.environmentId}, kind ${strange.contextKind}`);
  const found = sent.flatMap(({ batch }) => batch.map((member) => JSON.stringify(member))).toSorted();
  const expected = membersFrom(0, events).map(memberOf).toSorted();
  const differs = expected.findIndex((member, at) => member !== found[at]);
  if (differs >= 0) throw new GateError(`sent ${found[differs]} where ${expected[differs]} was expected`);
  if (found.length !== events) throw new GateError(`sent ${found.length} members, not ${events}`);
}

function memberOf(userId: string): string {
  const cohortName = "First time shopper";
  return JSON.stringify({ userId, cohortName, cohortId: AUDIENCE.id, value: true });
}

function segmentTo(base: string, count: number) {
  const { onBatch } = launchdarklyAudiences(base);
  const batches = chunks(engageEvents(0, count), PER_REQUEST);
  return async () => {
    for (const batch of batches) await onBatch(batch);
  };
}

function segmentSinglyTo(base: string, count: number) {
  const { onEvent } = launchdarklyAudiences(base);
  const events = engageEvents(0, count);
  return async () => {
    for (const event of events) await onEvent(event);
  };
}

/** From API Gateway's event on, which the peer gets parsed. */
function flagbridgeTo(base: string, count: number) {
  const connections = connectionsTo(base);
  const { handle, takeQueued } = ingest(connections);
  const batch = audienceBatcher(connections, emptyLedger());
  const requests = chunks(engageEvents(0, count), PER_WEBHOOK).map((events) => {
    const body = JSON.stringify(events);
    const signature = createHmac("sha1", SHARED_SECRET).update(body).digest("hex");
    return eventOf("/c/engage", { "x-segment-signature": signature }, body);
  });
  return async () => {
    for (const event of requests) {
      const { statusCode, body } = await handle(event);
      if (statusCode !== 200) throw new GateError(`ingest answered ${statusCode} ${body}`);
    }
    const again = await batch(takeQueued().map(recordIn(OPERATIONS_QUEUE)));
    if (again.length > 0) throw new GateError(`${again.length} messages are to come again`);
  };
}

/** Nothing but the bodies, over one connection. */
function floorTo(base: string, count: number) {
  const post = barePost(`${base}/api/v2/segment-targets/segment-audiences`);
  const batches = chunks(engageEvents(0, count), PER_REQUEST);
  return async () => {
    for (const events of batches) {
      const batch = events.map(({ userId }) => ({
        userId,
        cohortName: "First time shopper",
        cohortId: AUDIENCE.id,
        value: true,
      }));
      await post(JSON.stringify({ environmentId: "environment", contextKind: "user", batch }));
    }
  };
}
