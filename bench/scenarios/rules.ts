import { createHmac } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { checkConnections } from "../../lib/connections/load.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { audienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { metricEventsMessage } from "../../lib/messages/metric-events.ts";
import { type Comparison, figureOf, GateError, ratioOf, type Variant } from "../scenario.ts";
import { AT, AUDIENCE, engageEvents, trackEvents } from "../work/engage-events.ts";
import { eventOf, ingest, SHARED_SECRET, TOKEN, WRITE_KEY } from "../work/functions.ts";

const BATCH = 500;
/** Requests that differ, over and over: the same text each time would be flattered by caches. */
const DISTINCT = 20;
/** Beyond one track call of the same run. */
const LIMIT_POSTHOG = 1.3;
/** Beyond the same without rules. */
const LIMIT_RULES = 1.05;

type Kind = {
  readonly items: number;
  readonly connections: () => Connections;
  readonly request: (first: number) => APIGatewayProxyEventV2;
  readonly itemsIn: (body: unknown) => number;
};

const eventsIn = (body: unknown): number => metricEventsMessage.parse(body).events.length;
const operationsIn = (body: unknown): number => audienceOperationsMessage.parse(body).operations.length;

const KINDS = {
  track: {
    items: 1,
    connections: () => connectionsWith({ engage: { source: "segment", metrics: { to: ["production"] } } }),
    request: (first) =>
      eventOf(
        "/v1/track",
        { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` },
        JSON.stringify({ ...trackEvents(first, 1)[0], sentAt: AT }),
      ),
    itemsIn: eventsIn,
  },
  posthog: {
    items: 1,
    connections: () => connectionsWith({ hog: { source: "posthog", metrics: { to: ["production"] } } }),
    request: (first) => eventOf("/c/hog", { authorization: TOKEN }, posthogBody(first)),
    itemsIn: eventsIn,
  },
  plain: {
    items: BATCH,
    connections: () => connectionsWith({ ruled: { source: "segment", audiences: { to: ["production"] } } }),
    request: engage,
    itemsIn: operationsIn,
  },
  ruled: {
    items: BATCH,
    connections: () =>
      connectionsWith({ ruled: { source: "segment", audiences: { to: ["production"], ...twentyRules() } } }),
    request: engage,
    itemsIn: operationsIn,
  },
} satisfies Record<string, Kind>;

export const rules: Comparison = {
  kind: "comparison",
  name: "rules",
  about:
    "a request from API Gateway's event to queued messages and the answer; queue and secrets in memory, without log and metrics",
  repetitions: 7,
  variants: Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]): [string, Variant] => [
      name,
      { prepare: () => handlerOn(kind) },
    ]),
  ),
  figures: ({ track, posthog, plain, ruled }) => {
    if (!track || !posthog || !plain || !ruled) throw new RangeError("every variant is measured");
    return [
      figureOf("one track call of Segment", "µs", track.cpuUs),
      figureOf("one event of PostHog", "µs", posthog.cpuUs),
      ratioOf("PostHog / track", posthog, track, LIMIT_POSTHOG),
      figureOf("Engage webhook, signed, 500 events, no rules", "µs/event", plain.cpuUs),
      figureOf("the same with twenty rules", "µs/event", ruled.cpuUs),
      ratioOf("twenty rules / none", ruled, plain, LIMIT_RULES),
    ];
  },
};

async function handlerOn({ items, connections, request, itemsIn }: Kind) {
  const { handle, takeQueued } = ingest(connections());
  const events = Array.from({ length: DISTINCT }, (_, number) => request(number * items));
  const rounds = Math.max(10, Math.round(60_000 / (items * DISTINCT)));
  return {
    items: items * DISTINCT,
    warmUpRounds: Math.ceil(rounds / 2),
    rounds,
    gate: async () => {
      for (const event of events) {
        const { statusCode, body } = await handle(event);
        const queued = takeQueued().reduce((sum, message) => sum + itemsIn(JSON.parse(message)), 0);
        if (statusCode !== 200 || queued !== items)
          throw new GateError(`answered ${statusCode} with ${queued} items queued, not ${items}: ${body}`);
      }
    },
    round: async () => {
      for (const event of events) await handle(event);
      takeQueued();
    },
  };
}

function connectionsWith(connections: Readonly<Record<string, object>>): Connections {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: Object.fromEntries(
      Object.entries(connections).map(([name, connection]) => [name, { ...connection, secret: name }]),
    ),
  });
  if (!checked.ok) throw new GateError(checked.problems.join("; "));
  return checked.connections;
}

/** The audience of the events is the last of each rule. */
function twentyRules(): object {
  const others = Array.from({ length: 6 }, (_, index) => `aud_${index}`);
  const only = [...others, AUDIENCE.id];
  return {
    only,
    rename: Object.fromEntries(only.map((id) => [id, { id: `segment-${id}` }])),
    byAudience: Object.fromEntries(others.map((id) => [id, { contextKey: ["userId", "traits.email"] }])),
  };
}

function engage(first: number): APIGatewayProxyEventV2 {
  const body = JSON.stringify(engageEvents(first, BATCH));
  const signature = createHmac("sha1", SHARED_SECRET).update(body).digest("hex");
  return eventOf("/c/ruled", { "x-segment-signature": signature }, body);
}

/** PostHog's default body, with the properties that the track call has. */
function posthogBody(first: number): string {
  const uuid = `0190a6f2-6f6c-7000-9c8e-${String(first).padStart(12, "0")}`;
  return JSON.stringify({
    event: {
      uuid,
      event: "Order Completed",
      elements_chain: "",
      distinct_id: `user-${first}`,
      properties: { revenue: 12.5, currency: "EUR", products: 3 },
      timestamp: AT,
      captured_at: AT,
      url: `https://us.posthog.com/project/1/events/${uuid}`,
    },
    person: {
      id: uuid,
      properties: { email: `user-${first}@example.com` },
      name: `user-${first}`,
      url: `https://us.posthog.com/project/1/person/user-${first}`,
    },
  });
}
