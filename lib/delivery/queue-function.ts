import { type HttpSession, openHttpSession } from "./http-session.ts";
import type { RecordOutcome } from "./settle-batch.ts";
import { type DeliveryQueues, settleOn } from "./settle-queues.ts";
import { type TimeBudget, timeBudget } from "./time-budget.ts";

/** What a function has while it works on a batch. */
export type Invocation = { readonly http: Pick<HttpSession, "send">; readonly budget: TimeBudget };

export type QueueFunctionPorts = {
  readonly queues: DeliveryQueues;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** What dead letters say of where they were to go. */
  readonly destination: string;
  /** Kept for dead letters, visibility and the answer, in ms. */
  readonly reserveMs: number;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly noteUnconfirmed: (queueUrl: string, codes: Readonly<Record<string, number>>) => void;
  readonly record: (
    outcomes: readonly RecordOutcome[],
    spent: { readonly requests: number; readonly ms: number },
  ) => void;
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
    let requests = 0;
    const http: Invocation["http"] = {
      send: (request) => {
        requests += 1;
        return session.send(request);
      },
    };
    try {
      const outcomes = await work(records, { http, budget: timeBudget(remainingMs, ports.reserveMs) });
      const { batchItemFailures } = await settleOn(outcomes, { ...ports, nowMs: ports.now() });
      ports.record(outcomes, { requests, ms: ports.now() - startedAtMs });
      return { batchItemFailures: [...batchItemFailures] };
    } finally {
      session.close();
    }
  };
}
