import { seededThrows } from "../../dev/sandbox/seeded-throws.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import { type RecordOutcome, settleBatch } from "../../lib/delivery/settle.ts";
import type { TimeBudget } from "../../lib/delivery/time-budget.ts";
import { noLimits, type RateLimits } from "../../lib/http/rate-limit.ts";
import type { HttpAnswer } from "../../lib/http/session.ts";
import { type SimulatedMessage, simulatedQueue } from "../support/simulated-queue.ts";
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts";

/** What one invocation has. `limits` are those of its process. */
export type OutageInvocation = {
  readonly time: Pick<VirtualTime, "now" | "sleep">;
  readonly random: () => number;
  readonly budget: TimeBudget;
  readonly limits: RateLimits;
  /** Sends a request: `apply` runs when it takes effect. */
  readonly send: (apply: () => void) => Promise<HttpAnswer>;
};

export type Outage = {
  readonly bodies: readonly string[];
  readonly outageMs: number;
  /** Requests that the destination takes in 10 s when it is well. */
  readonly limit: number;
  readonly consume: (
    records: readonly QueuedRecord[],
    invocation: OutageInvocation,
  ) => Promise<RecordOutcome[]>;
};

export type OutageReport = {
  readonly dead: number;
  readonly stuck: number;
  readonly mostReceives: number;
  readonly requestsInTheOutage: number;
  /** In each 10 s from the recovery on, refused ones too. */
  readonly requestsByWindow: readonly number[];
  readonly refused: number;
  /** From the recovery to the last message, ms. */
  readonly recoveredAfterMs: number;
};

export const START_MS = 1_800_000_000_000;
export const REQUEST_TIMEOUT_MS = 10_000;
const FUNCTION_TIMEOUT_MS = 60_000;
const VISIBILITY_MS = 6 * FUNCTION_TIMEOUT_MS;
const BATCH_SIZE = 10_000;
const CONCURRENCY = 2;
const POLL_MS = 1_000;
const WINDOW_MS = 10_000;
const LATENCY_MS = 80;
const PATIENCE_MS = 2 * 3_600_000;

/**
 * A destination that is gone for hours, refusing connections, then answering 503, then not answering at all; the
 * event source with its two invocations at a time; and the clock that only this moves.
 */
export async function simulateOutage({ bodies, outageMs, limit, consume }: Outage): Promise<OutageReport> {
  const time = virtualTime(START_MS);
  const random = seededThrows(7);
  const endMs = START_MS + outageMs;
  const queue = simulatedQueue({ now: time.now, visibilityMs: VISIBILITY_MS });
  for (const body of bodies) queue.send({ body, attributes: {} }, 0);
  const report = { dead: 0, requestsInTheOutage: 0, refused: 0, lastMs: endMs };
  const windows: number[] = [];
  const destination = destinationOf(time, { endMs, outageMs, limit, report, windows });
  const processes = Array.from({ length: CONCURRENCY }, noLimits);

  const invoke = async (batch: readonly SimulatedMessage[], limits: RateLimits): Promise<void> => {
    const deadlineMs = time.now() + FUNCTION_TIMEOUT_MS;
    const outcomes = await consume(queue.receive(batch), {
      time,
      random,
      limits,
      budget: { allows: (ms) => deadlineMs - REQUEST_TIMEOUT_MS / 2 - time.now() >= ms },
      send: destination,
    });
    const { batchItemFailures } = await settleBatch(outcomes, {
      service: "destination",
      nowMs: time.now(),
      random,
      sendDeadLetters: async (letters) => {
        report.dead += letters.length;
        return letters.map(() => true);
      },
      requeue: async (rests) =>
        rests.map((rest) => {
          queue.send(rest, rest.delaySeconds * 1_000);
          return true;
        }),
      setVisibility: queue.setVisibility,
    });
    queue.deleteDone(batch, batchItemFailures);
    report.lastMs = Math.max(report.lastMs, time.now());
  };

  const poll = (): void => {
    const visible = queue.left().filter(({ visibleAtMs }) => visibleAtMs <= time.now());
    const limits = visible.length > 0 ? processes.pop() : undefined;
    if (limits) {
      void invoke(visible.slice(0, BATCH_SIZE), limits).finally(() => processes.push(limits));
    }
    time.at(time.now() + POLL_MS, poll);
  };
  time.at(START_MS, poll);
  while (queue.left().length > 0 && time.now() < endMs + PATIENCE_MS) await time.advance();
  return {
    ...report,
    stuck: queue.left().length,
    mostReceives: Math.max(
      ...queue.all().map((message) => message.receives + Number(message.attributes.receives ?? 0)),
    ),
    requestsByWindow: windows,
    recoveredAfterMs: report.lastMs - endMs,
  };
}

function destinationOf(
  time: VirtualTime,
  state: {
    readonly endMs: number;
    readonly outageMs: number;
    readonly limit: number;
    readonly report: { requestsInTheOutage: number; refused: number };
    readonly windows: number[];
  },
): OutageInvocation["send"] {
  const { endMs, outageMs, limit, report, windows } = state;
  const down = async (): Promise<HttpAnswer> => {
    report.requestsInTheOutage += 1;
    const part = 3 - (endMs - time.now()) / (outageMs / 3);
    if (part < 1) return { kind: "unsent", reason: "connection-refused" };
    await time.sleep(part < 2 ? LATENCY_MS : REQUEST_TIMEOUT_MS);
    if (part < 2) return { kind: "answered", status: 503, headers: {}, body: "" };
    return { kind: "unanswered", reason: "no-answer" };
  };
  return async (apply) => {
    if (time.now() < endMs) return down();
    const window = Math.floor((time.now() - endMs) / WINDOW_MS);
    const taken = (windows[window] ?? 0) + 1;
    for (let before = windows.length; before <= window; before += 1) windows.push(0);
    windows[window] = taken;
    const headers = {
      "x-ratelimit-route-remaining": String(Math.max(0, limit - taken)),
      "x-ratelimit-reset": String(endMs + (window + 1) * WINDOW_MS),
    };
    await time.sleep(LATENCY_MS);
    if (taken > limit) {
      report.refused += 1;
      return { kind: "answered", status: 429, headers, body: "" };
    }
    apply();
    return { kind: "answered", status: 204, headers, body: "" };
  };
}
