import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connections, MetricsSettings } from "../../lib/connections/schema.ts";
import { type MessageKind, type QueuedRecord, startBatch } from "../../lib/delivery/batch.ts";
import { type Fate, retrySoon } from "../../lib/delivery/fate.ts";
import { deliverOrIsolate } from "../../lib/delivery/isolate.ts";
import type { RecordOutcome } from "../../lib/delivery/settle-batch.ts";
import { sideBySide } from "../../lib/delivery/side-by-side.ts";
import type { TimeBudget } from "../../lib/delivery/time-budget.ts";
import { type EventCandidate, type Lane, startLane } from "../../lib/launchdarkly/metric-events/plan.ts";
import type { EventSender, WrittenEvent } from "../../lib/launchdarkly/metric-events/request.ts";
import { wireEvent } from "../../lib/launchdarkly/metric-events/transform.ts";
import {
  type MetricEvent,
  type MetricEventsMessage,
  metricEventsMessage,
} from "../../lib/messages/metric-events.ts";

export type ForwardPorts = {
  readonly connections: Connections;
  /** The lane of an environment: connections with the same route and schema share it. */
  readonly laneOf: (
    environment: string,
    metrics: MetricsSettings,
  ) => { readonly name: string; readonly sender: EventSender };
  readonly budget: TimeBudget;
  /** Longest that one delivery takes, its immediate repetition included. */
  readonly deliveryMs: number;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
};

/** Events have no order, so requests need not wait for each other; more at once would only meet the limit sooner. */
const REQUESTS_AT_ONCE = 4;
const DAY_MS = 86_400_000;

const events: MessageKind<MetricEventsMessage> = {
  schema: metricEventsMessage,
  countItems: (message) => message.events.length,
  timesOf: (message) => message.events.map(({ at }) => at),
  withItems: (message, kept) => ({ ...message, events: kept.flatMap((item) => message.events[item] ?? []) }),
};

/** Brings everything in a batch of records to LaunchDarkly, each event once, and says what became of it. */
export async function forward(
  records: readonly QueuedRecord[],
  ports: ForwardPorts,
): Promise<RecordOutcome[]> {
  const nowMs = ports.now();
  const lanes = new Map<string, Lane>();
  const batch = startBatch(events);
  batch.read(records, (message, firstItem) => {
    const metrics = connectionNamed(ports.connections, message.connection)?.metrics;
    const written: (WrittenEvent & { readonly item: number })[] = [];
    message.events.forEach((event, offset) => {
      const item = firstItem + offset;
      if (!metrics) batch.settle(item, unknownConnection);
      else if (isTooOld(event, metrics, nowMs)) batch.settle(item, tooLateToCount);
      else written.push({ id: event.id, json: JSON.stringify(wireEvent(event, metrics)), item });
    });
    if (!metrics) return;
    for (const environment of metrics.to) {
      const { name, sender } = ports.laneOf(environment, metrics);
      const lane = lanes.get(name) ?? startLane(sender);
      lanes.set(name, lane);
      lane.add(written);
    }
  });
  const settle = ({ items }: EventCandidate, fate: Fate): void => {
    for (const item of items) batch.settle(item, fate);
  };
  const requests = [...lanes.values()].flatMap((lane) =>
    lane.requests().map((part) => ({ part, sender: lane.sender })),
  );
  await sideBySide(requests, REQUESTS_AT_ONCE, ({ part, sender }) => deliver(part, sender, settle, ports));
  return batch.outcomes(ports.now());
}

/** One request, halved when LaunchDarkly refuses it. What stops it settles all that is left of it. */
async function deliver(
  request: readonly EventCandidate[],
  sender: EventSender,
  settle: (event: EventCandidate, fate: Fate) => void,
  ports: ForwardPorts,
): Promise<void> {
  const open = new Set(request);
  const settleOnce = (event: EventCandidate, fate: Fate): void => {
    if (open.delete(event)) settle(event, fate);
  };
  const deliverPart = async (part: readonly EventCandidate[]) => {
    if (!ports.budget.allows(ports.deliveryMs)) return { fate: retrySoon("out-of-time") };
    const outcome = await sender.send(part);
    if (outcome === "delivered")
      for (const event of part) settleOnce(event, { kind: "delivered", how: "applied" });
    return outcome;
  };
  const stop = await deliverOrIsolate(request, {
    deliver: deliverPart,
    settle: settleOnce,
    evidence: sender.evidence,
    random: ports.random,
  });
  if (stop) for (const event of [...open]) settleOnce(event, stop.fate);
}

/** A late event counts in no experiment: LaunchDarkly goes by when it receives it. */
function isTooOld(event: MetricEvent, { maxAgeDays }: MetricsSettings, nowMs: number): boolean {
  return maxAgeDays !== undefined && nowMs - event.at > maxAgeDays * DAY_MS;
}

const tooLateToCount: Fate = { kind: "dropped", reason: "too-late-to-count" };

/** A fault of configuration: whoever took the connection or its metrics away may put them back. */
const unknownConnection: Fate = {
  kind: "retry",
  reason: "unknown-connection",
  delay: { kind: "configuration" },
};
