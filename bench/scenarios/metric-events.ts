import { forward } from "../../functions/metric-forwarder/forward.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { noEvidence } from "../../lib/delivery/isolate.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import { packMetricEvents } from "../../lib/messages/pack-metrics.ts";
import { GateError, median, type Scenario } from "../scenario.ts";

const EVENTS = 100_000;
const RUNS = 9;
const nowMs = Date.now();

const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
  connections: { cdp: { source: "segment", secret: "cdp", metrics: { to: ["production"] } } },
});

export const metricEvents: Scenario = {
  name: "metric-events",
  about: `${EVENTS.toLocaleString("en-US")} track events from queued messages to request bodies, without network and gzip`,
  run: async () => {
    const packed = packMetricEvents({
      connection: "cdp",
      acceptedAt: nowMs,
      events: Array.from({ length: EVENTS }, (_, index) => eventOf(index)),
    });
    const seconds: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { sent, ms } = await timed(packed);
      if (sent !== EVENTS) throw new GateError(`${sent} of ${EVENTS} events were sent`);
      // The first ones find the code cold, which a function is only once.
      if (run >= 2) seconds.push(ms / 1_000);
    }
    const singles = Array.from({ length: 1_000 }, (_, index) =>
      packMetricEvents({ connection: "cdp", acceptedAt: nowMs, events: [eventOf(index)] }),
    ).flat();
    const { requests } = await timed(singles);
    return [
      {
        label: "microseconds an event, median",
        value: (median(seconds) * 1e6) / EVENTS,
        unit: "us",
        atMost: 5,
      },
      { label: "microseconds an event, slowest", value: (Math.max(...seconds) * 1e6) / EVENTS, unit: "us" },
      { label: "events a second on one core, median", value: EVENTS / median(seconds), unit: "1/s" },
      {
        label: "requests for 1,000 messages with one event each",
        value: requests,
        unit: "requests",
        atMost: 2,
      },
    ];
  },
};

function eventOf(index: number) {
  return {
    type: "custom" as const,
    key: "Order Completed",
    contextKeys: { user: `user-${index}`, unauthenticatedUser: `anonymous-${index}` },
    value: 12.5,
    data: { revenue: 12.5, currency: "EUR", products: 3 },
    at: nowMs,
    index: index % 500,
    id: `node-next-${nowMs}-e41ef078-dd8f-40a2-af30-${String(index).padStart(12, "0")}`,
  };
}

async function timed(bodies: readonly string[]) {
  const records = bodies.map((body, index) => ({
    messageId: `message-${index}`,
    receiptHandle: "handle",
    body,
    attributes: { ApproximateReceiveCount: "1", ApproximateFirstReceiveTimestamp: String(nowMs) },
  }));
  let sent = 0;
  let requests = 0;
  const send = async (events: readonly { readonly json: string }[]) => {
    requests += 1;
    // The body of the request, which is then compressed and sent.
    const body = `[${events.map(({ json }) => json).join(",")}]`;
    if (body.length > 2) sent += events.length;
    return "delivered" as const;
  };
  const startedMs = performance.now();
  await forward(records, {
    connections,
    laneOf: () => ({ name: "production", sender: { evidence: noEvidence(), send } }),
    budget: unlimited,
    deliveryMs: 0,
    now: () => nowMs,
    random: () => 0,
  });
  return { sent, requests, ms: performance.now() - startedMs };
}
