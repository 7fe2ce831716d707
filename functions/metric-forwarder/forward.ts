import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connections, MetricsSettings } from "../../lib/connections/schema.ts";
import { type MessageKind, startBatch } from "../../lib/delivery/batch.ts";
import { unlessClosed } from "../../lib/delivery/closed-batch.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import { type DeliverPorts, deliverLanes } from "../../lib/delivery/deliver-lanes.ts";
import { type Fate, unknownConnection, unknownDestination } from "../../lib/delivery/fate.ts";
import { invalidItem, type Made, madeOf, notUnicode } from "../../lib/delivery/item-step.ts";
import { type Lane, startLane } from "../../lib/delivery/lane.ts";
import type { RecordOutcome } from "../../lib/delivery/settle.ts";
import { type SplitBudgets, splitBudgetOf } from "../../lib/delivery/split-budget.ts";
import { noBreakers } from "../../lib/http/breaker.ts";
import type { SecretPorts } from "../../lib/http/credential.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { jsonText } from "../../lib/json.ts";
import { accessToken } from "../../lib/launchdarkly/client.ts";
import { REQUEST_LIMITS } from "../../lib/launchdarkly/metric-events/request.ts";
import { wireEvent } from "../../lib/launchdarkly/metric-events/transform.ts";
import {
  isMetricEventsMessage,
  type MetricEvent,
  type MetricEventsMessage,
  metricEventsMessage,
} from "../../lib/messages/metric-events.ts";
import { type Log, noteFaultsIn } from "../../lib/observability/log.ts";
import type { Invocation } from "../settle-records.ts";
import { type LanePorts, type LaneTo, laneTo } from "./destinations.ts";

export type ForwardPorts = Omit<DeliverPorts, "settle"> & {
  readonly connections: Connections;
  readonly to: LaneTo;
  readonly now: () => number;
};

const DAY_MS = 86_400_000;

const events: MessageKind<MetricEventsMessage> = {
  schema: metricEventsMessage,
  isRight: isMetricEventsMessage,
  countItems: (message) => message.events.length,
  timesOf: (message) => message.events.map(({ at }) => at),
  withItems: (message, kept) => ({ ...message, events: kept.flatMap((item) => message.events[item] ?? []) }),
};

export type MetricForwarderPorts = Omit<LanePorts, "http" | "accessToken" | "limits" | "breakers"> & {
  readonly connections: Connections;
  readonly secrets: SecretPorts<{ readonly accessToken: string }>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
};

/** The work of the function. It remembers limits, closed environments and searches from one invocation to the next. */
export function metricForwarder({
  connections,
  secrets,
  now,
  random,
  timeoutMs,
  version,
  log,
}: MetricForwarderPorts) {
  const limits = noLimits();
  const breakers = noBreakers();
  const budgets: SplitBudgets = new Map();
  const noteFault = noteFaultsIn(log);
  const accessTokenOf = (secret: string, after?: string) => accessToken(secret, after, secrets);
  return async (
    records: readonly QueuedRecord[],
    { destination, http, budget }: Pick<Invocation, "destination" | "http" | "budget">,
  ) => {
    const to = laneTo(destination, connections, {
      http,
      now,
      accessToken: accessTokenOf,
      limits,
      breakers,
      timeoutMs,
      version,
    });
    const splits = splitBudgetOf(budgets, destination, now);
    const ports = { connections, to, budget, now, random, splits, noteFault, deliveryMs: 2 * timeoutMs };
    return unlessClosed(records, {
      closedNow: to.closedNow,
      now,
      work: (some) => forward(some, ports),
    });
  };
}

/** Brings everything in a batch of records to its environment of LaunchDarkly, each event once, and says what became of it. */
export async function forward(
  records: readonly QueuedRecord[],
  ports: ForwardPorts,
): Promise<RecordOutcome[]> {
  const { connections, to, budget, deliveryMs, now, random, splits, noteFault } = ports;
  const nowMs = now();
  const lanes = new Map<string, Lane>();
  const batch = startBatch(events, noteFault);
  batch.read(records, (message, firstItem) => {
    const metrics = connectionNamed(connections, message.connection)?.metrics;
    const route = metrics && to.laneOf(metrics);
    if (!metrics || !route) {
      const fate = metrics ? unknownDestination(to.destination) : unknownConnection;
      for (const offset of message.events.keys()) batch.settle(firstItem + offset, fate);
      return;
    }
    const lane = lanes.get(route.name) ?? startLane(route.sender, REQUEST_LIMITS);
    lanes.set(route.name, lane);
    const add = lane.startMessage(message.events.length, message.connection);
    message.events.forEach((event, offset) => {
      const item = firstItem + offset;
      if (isTooOld(event, metrics, nowMs)) batch.settle(item, tooLateToCount);
      else {
        const written = writtenEvent(event, metrics);
        if (written.kind === "unmade") batch.settle(item, written.fate);
        else add(event.id, written.value, item);
      }
    });
  });
  await deliverLanes(lanes.values(), { settle: batch.settle, budget, deliveryMs, random, splits, noteFault });
  return batch.outcomes(now());
}

/** A late event counts in no experiment: LaunchDarkly goes by when it receives it. */
function isTooOld(event: MetricEvent, { maxAgeDays }: MetricsSettings, nowMs: number): boolean {
  return maxAgeDays !== undefined && nowMs - event.at > maxAgeDays * DAY_MS;
}

/**
 * Returns its JSON. Ingest accepts no event without one, but anyone who may write to the queue could stop a batch with such
 * an event.
 */
function writtenEvent(event: MetricEvent, metrics: MetricsSettings): Made<string> {
  const field = fieldNotUnicode(event);
  if (field !== undefined) return { kind: "unmade", fate: notUnicode(field) };
  const made = madeOf(() => jsonText(wireEvent(event, metrics)));
  if (made.kind === "unmade") return made;
  return made.value === undefined
    ? { kind: "unmade", fate: unwritable }
    : { kind: "made", value: made.value };
}

/** A key with half of a surrogate pair would be somebody else's to LaunchDarkly, and an event's name another event's. */
function fieldNotUnicode(event: MetricEvent): string | undefined {
  if (!event.key.isWellFormed()) return "key";
  if (event.type === "alias") return event.previousKey.isWellFormed() ? undefined : "previousKey";
  for (const kind in event.contextKeys)
    if (!kind.isWellFormed() || event.contextKeys[kind]?.isWellFormed() === false) return "contextKeys";
  return undefined;
}

const unwritable = invalidItem("The event's data is nested too deeply to be written as JSON.");

const tooLateToCount: Fate = { kind: "dropped", reason: "too-late-to-count" };
