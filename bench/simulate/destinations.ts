import { QUEUE_VISIBILITY_MS } from "../../lib/delivery/closed-batch.ts";
import { retryWithBackoff } from "../../lib/delivery/fate.ts";
import { visibilitySeconds } from "../../lib/delivery/retry-delay.ts";
import { COPY_ABOVE_SECONDS } from "../../lib/delivery/settle.ts";
import { type Closed, closedBy } from "../../lib/http/breaker.ts";
import { EVENT_BYTES, MAX_RECORDS } from "../lambda-event.ts";
import {
  type Answer,
  BROKEN,
  HOLD_MS,
  type Message,
  NAMES,
  type Name,
  startBreaker,
  type World,
  workOn,
} from "./attack-invocation.ts";
import type { Attack, Fault, Queues } from "./attacks.ts";
import { startClock } from "./clock.ts";
import { quantile, startHolds, startRandom } from "./holds.ts";
import { OPERATION_BYTES, RECORD_BYTES, rateLimit } from "./model.ts";
import type { Parameters } from "./parameters.ts";
import { type Sqs, startSqs } from "./sqs.ts";

const SEGMENTS = 20;
const NEIGHBOUR_EVERY_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
const BATCH = Math.min(MAX_RECORDS, Math.floor(EVENT_BYTES / (RECORD_BYTES + OPERATION_BYTES)));

export type AttackOutcome = {
  /** Of the neighbours' operations, from sent to applied. */
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly longestMs: number;
  /** In the queue of the neighbours, and of the broken one: the same where they share it. */
  readonly mostInFlight: number;
  readonly mostInFlightOfBroken: number;
  /** From when on the limit of what is in flight held up the neighbours' queue. */
  readonly fullAfterMs: number | undefined;
  /** While it was broken. */
  readonly requestsToBroken: number;
  /** Segments of the broken one whose entries were read while it was broken. */
  readonly segmentsRead: number;
  /** From the end of the fault until the broken one had everything. */
  readonly recoveredAfterMs: number;
};

/** Runs an attack on paper. */
export async function simulateAttack(
  { fault, brokenMs, aSecond, standsForMs }: Attack,
  queues: Queues,
  of: Parameters,
): Promise<AttackOutcome> {
  const clock = startClock();
  const random = startRandom();
  const holds = startHolds(clock);
  const counted = { requests: 0, segmentsRead: 0, recoveredMs: 0, open: 0 };
  const latencies: number[] = [];
  const shared = startSqs<Message>(clock);
  const queueOf = new Map(
    NAMES.map((name) => [name, queues === "shared" ? shared : startSqs<Message>(clock)]),
  );

  const send = (to: Name, everyMs: number, stands: number): void => {
    for (let atMs = 0, number = 0; atMs < brokenMs; atMs += everyMs, number += 1) {
      counted.open += 1;
      const message = { to, segment: number % SEGMENTS, sentMs: atMs, stands, receives: 0 };
      clock.at(atMs, () => queueOf.get(to)?.send(message));
    }
  };
  send(BROKEN, standsForMs, (aSecond * standsForMs) / 1_000);
  for (const name of NAMES) if (name !== BROKEN) send(name, NEIGHBOUR_EVERY_MS, 1);

  const applied = ({ to, sentMs }: Message): void => {
    counted.open -= 1;
    if (to === BROKEN) counted.recoveredMs = clock.now();
    else latencies.push(clock.now() - sentMs);
  };
  const limits = new Map(NAMES.map((name) => [name, rateLimit(clock, of.launchdarklyPer10s)]));
  const request: World["request"] = async (to) => {
    const limitedMs = limits.get(to)?.take() ?? 0;
    if (limitedMs > 0) return { fate: retryWithBackoff("rate-limited", clock.now() + limitedMs) };
    const isBroken = to === BROKEN && clock.now() < brokenMs;
    if (isBroken) counted.requests += 1;
    await clock.sleep(isBroken && fault === "silent" ? REQUEST_TIMEOUT_MS : of.launchdarklyRequestMs);
    return isBroken ? answerOf(fault, clock.now()) : { ending: { kind: "answered" } };
  };
  const world: World = {
    clock,
    holds,
    of,
    request,
    applied,
    noteRead: (to) => {
      if (to === BROKEN && clock.now() < brokenMs) counted.segmentsRead += 1;
    },
  };

  const poller = async (queue: Sqs<Message>): Promise<void> => {
    const breaker = queues === "own" ? startBreaker() : undefined;
    while (counted.open > 0) {
      if (queue.isEmpty()) {
        await clock.sleep(100);
        continue;
      }
      await clock.sleep(of.batchingWindowMs);
      const batch = queue.receive(BATCH);
      for (const message of batch) message.receives += 1;
      const closed = breaker && closedBy(breaker.state, clock.now());
      if (closed) {
        for (const message of batch) queue.showAgain(message, putBackMs(closed, clock.now()));
        continue;
      }
      const fates = await workOn(batch, breaker, world);
      for (const message of batch) {
        const fate = fates.get(message);
        if (fate?.kind !== "retry") queue.done(message);
        else {
          const { receives } = message;
          const seconds = visibilitySeconds(fate.delay, { nowMs: clock.now(), receives, random });
          if (queues === "shared" || seconds <= COPY_ABOVE_SECONDS) queue.showAgain(message, seconds * 1_000);
          else {
            queue.done(message);
            queue.send(message, seconds * 1_000);
          }
        }
      }
    }
  };
  for (const queue of new Set(queueOf.values()))
    for (let slot = 0; slot < of.batcherConcurrency; slot += 1) void poller(queue);
  await clock.run();

  return {
    medianMs: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    longestMs: quantile(latencies, 1),
    mostInFlight: Math.max(...NAMES.slice(1).map((name) => queueOf.get(name)?.mostInFlight() ?? 0)),
    mostInFlightOfBroken: queueOf.get(BROKEN)?.mostInFlight() ?? 0,
    fullAfterMs: queueOf.get(NAMES[1])?.fullAtMs(),
    requestsToBroken: counted.requests,
    segmentsRead: counted.segmentsRead,
    recoveredAfterMs: counted.recoveredMs - brokenMs,
  };
}

/** A closed batch goes back by its queue's own visibility timeout, where that ends before the destination may be asked. */
function putBackMs({ untilMs }: Closed, nowMs: number): number {
  return Math.min(untilMs - nowMs, QUEUE_VISIBILITY_MS);
}

function answerOf(fault: Fault, nowMs: number): Answer {
  switch (fault) {
    case "refusing":
      return {
        fate: { kind: "retry", reason: "launchdarkly-401", delay: { kind: "configuration" } },
        ending: { kind: "refused", why: "credential-refused" },
      };
    case "failing":
      return { fate: retryWithBackoff("launchdarkly-503"), ending: { kind: "answered" } };
    case "silent":
      return {
        fate: retryWithBackoff("no-answer", nowMs + HOLD_MS - REQUEST_TIMEOUT_MS),
        ending: { kind: "silent", tookMs: REQUEST_TIMEOUT_MS },
      };
  }
}
