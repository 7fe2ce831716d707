import type { MiddlewareObj } from "@middy/core";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { recordFlush } from "../lib/delivery/record-batch.ts";
import type { RecordOutcome } from "../lib/delivery/settle.ts";
import { type DeliveryQueues, settleOn } from "../lib/delivery/settle-queues.ts";
import { type TimeBudget, timeBudget } from "../lib/delivery/time-budget.ts";
import { EVENTS } from "../lib/observability/fields.ts";
import type { Log } from "../lib/observability/log.ts";
import type { RecordMetrics } from "../lib/observability/metrics.ts";
import type { SessionContext } from "./http-session.ts";

/** What a function that consumes a queue has while it works on a batch, in its chain's context. */
export type Invocation = SessionContext & {
  readonly budget: TimeBudget;
  /** Unix ms. */
  readonly startedAtMs: number;
};

export type QueueContext = Context & Invocation;

/** What the work gives, and what {@link settleRecords} makes of it for SQS. */
export type QueueResult = SQSBatchResponse | readonly RecordOutcome[];

type QueueMiddleware = MiddlewareObj<SQSEvent, QueueResult, Error, QueueContext>;

export type SettleSettings = {
  readonly queues: DeliveryQueues;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** What dead letters and metrics call the place where items go. */
  readonly destination: string;
  /** The name of the batch's line in the log. */
  readonly event: string;
  /** Kept for dead letters, visibility and the answer, in ms. */
  readonly reserveMs: number;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly recordMetrics: RecordMetrics;
};

/** Gives the work its time, turns what became of each record into the answer to SQS, and records it in one line. */
export function settleRecords(settings: SettleSettings): QueueMiddleware {
  const { queues, queueUrl, deadLetterQueueUrl, destination, event, now, random, log, recordMetrics } =
    settings;
  const noteUnconfirmed = (url: string, codes: Readonly<Record<string, number>>): void =>
    log.error(EVENTS.queueRefused, { queueUrl: url, codes });
  return {
    before: ({ context }) => {
      const budget = timeBudget(() => context.getRemainingTimeInMillis(), settings.reserveMs);
      Object.assign(context, { budget, startedAtMs: now() });
    },
    after: async (request) => {
      const { requests, startedAtMs } = request.context;
      const outcomes = outcomesIn(request.response);
      const on = { queues, queueUrl, deadLetterQueueUrl, destination, noteUnconfirmed, random, nowMs: now() };
      const { batchItemFailures } = await settleOn(outcomes, on);
      const endedAtMs = now();
      const spent = { destination, requests, ms: endedAtMs - startedAtMs, endedAtMs };
      recordFlush(event, outcomes, spent, { log, recordMetrics });
      request.response = { batchItemFailures: [...batchItemFailures] };
    },
  };
}

/** Without outcomes nothing is provably done: the whole batch fails, and comes again. */
function outcomesIn(response: QueueResult | null | undefined): readonly RecordOutcome[] {
  if (response && !("batchItemFailures" in response)) return response;
  throw new TypeError("The work of the function gave no outcomes of its records");
}
