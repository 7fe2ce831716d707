import { countingRequests, type RequestCounts } from "../http/counted-requests.ts";
import { type HttpSession, openHttpSession } from "../http/session.ts";
import type { RecordOutcome } from "./settle.ts";
import { type DeliveryQueues, settleOn } from "./settle-queues.ts";
import { type TimeBudget, timeBudget } from "./time-budget.ts";

/** What a function has while it works on a batch. */
export type Invocation = { readonly http: Pick<HttpSession, "send">; readonly budget: TimeBudget };

export type QueueFunctionPorts = {
  readonly queues: DeliveryQueues;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** What dead letters and metrics call the place where items go. */
  readonly destination: string;
  /** Kept for dead letters, visibility and the answer, in ms. */
  readonly reserveMs: number;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly noteUnconfirmed: (queueUrl: string, codes: Readonly<Record<string, number>>) => void;
  readonly record: (outcomes: readonly RecordOutcome[], spent: Spent) => void;
};

/** What an invocation took. */
export type Spent = {
  readonly destination: string;
  readonly requests: RequestCounts;
  readonly ms: number;
  /** Unix ms. */
  readonly endedAtMs: number;
};

/**
 * A function that consumes a queue: work, settle, record. Everything it starts has ended when it answers, so that
 * nothing thaws with the next invocation.
 */
export function queueFunction<QueueRecord>(
  ports: QueueFunctionPorts,
  work: (records: readonly QueueRecord[], invocation: Invocation) => Promise<RecordOutcome[]>,
) {
  return async (records: readonly QueueRecord[], remainingMs: () => number) => {
    const startedAtMs = ports.now();
    const session = openHttpSession();
    const { http, requests } = countingRequests(session);
    try {
      const outcomes = await work(records, { http, budget: timeBudget(remainingMs, ports.reserveMs) });
      const { batchItemFailures } = await settleOn(outcomes, { ...ports, nowMs: ports.now() });
      const endedAtMs = ports.now();
      const { destination } = ports;
      ports.record(outcomes, { destination, requests, ms: endedAtMs - startedAtMs, endedAtMs });
      return { batchItemFailures: [...batchItemFailures] };
    } finally {
      session.close();
    }
  };
}
