import type { MiddlewareObj } from "@middy/core";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { DEAD_LETTERS, type QueueKind, queueNamed, queueNameOf } from "../lib/connections/queues.ts";
import { type ClosedBatch, unread, visibilityOf } from "../lib/delivery/closed-batch.ts";
import { recordFlush } from "../lib/delivery/record-batch.ts";
import type { RecordOutcome } from "../lib/delivery/settle.ts";
import {
  confirmedBy,
  type DeliveryQueues,
  settleOn,
  type Unconfirmed,
} from "../lib/delivery/settle-queues.ts";
import { type TimeBudget, timeBudget } from "../lib/delivery/time-budget.ts";
import { EVENTS } from "../lib/observability/fields.ts";
import type { Log } from "../lib/observability/log.ts";
import type { RecordMetrics } from "../lib/observability/metrics.ts";
import type { SessionContext } from "./http-session.ts";

/** What a function that consumes a queue has while it works on a batch, in its chain's context. */
export type Invocation = SessionContext & {
  /** Whom the batch is for, by its name in connections.yml: its queue has nobody else's messages. */
  readonly destination: string;
  readonly queueUrl: string;
  readonly budget: TimeBudget;
  /** Unix ms. */
  readonly startedAtMs: number;
};

export type QueueContext = Context & Invocation;

/** What the work gives, and what {@link settleRecords} makes of it for SQS. */
export type QueueResult = SQSBatchResponse | readonly RecordOutcome[] | ClosedBatch;

type QueueMiddleware = MiddlewareObj<SQSEvent, QueueResult, Error, QueueContext>;

export type SettleSettings = {
  readonly queues: DeliveryQueues;
  readonly queueUrlPrefix: string;
  /** Of the queues that the function consumes. */
  readonly kind: QueueKind;
  /** What dead letters and metrics call the place where items go. */
  readonly service: string;
  /** The name of the batch's line in the log. */
  readonly event: string;
  /** Kept for dead letters, copies, visibility and the answer, in ms: copies have half of it. */
  readonly reserveMs: number;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly recordMetrics: RecordMetrics;
};

/** Gives the work its time, turns what became of each record into the answer to SQS, and records it in one line. */
export function settleRecords(settings: SettleSettings): QueueMiddleware {
  const { queues, service, event, now, random, log, recordMetrics } = settings;
  const noteUnconfirmed = (url: string, unconfirmed: Unconfirmed): void =>
    log.error(EVENTS.queueRefused, { queue: url.slice(settings.queueUrlPrefix.length), ...unconfirmed });
  return {
    before: ({ event: { Records }, context }) => {
      const budget = timeBudget(() => context.getRemainingTimeInMillis(), settings.reserveMs);
      Object.assign(context, { ...queueOf(Records, settings), budget, startedAtMs: now() });
    },
    after: async (request) => {
      const { destination, queueUrl, requests, startedAtMs } = request.context;
      const work = workIn(request.response);
      const { outcomes } = work;
      const deadLetterQueueUrl = `${queueUrl}${DEAD_LETTERS}`;
      const mayCopy = (): boolean => request.context.getRemainingTimeInMillis() >= settings.reserveMs / 2;
      const on = {
        ...{ queues, queueUrl, deadLetterQueueUrl, service, noteUnconfirmed, mayCopy, random },
        nowMs: now(),
      };
      const { batchItemFailures } = await settleOn(outcomes, on);
      const putBack = "closed" in work ? work.putBack : [];
      const visibility = "closed" in work ? visibilityOf(work, on) : [];
      if (visibility.length > 0)
        confirmedBy(await queues.setVisibility(queueUrl, visibility), (codes) =>
          noteUnconfirmed(queueUrl, codes),
        );
      const endedAtMs = now();
      const closed = "closed" in work ? work.closed : undefined;
      const spent = { service, destination, requests, closed, ms: endedAtMs - startedAtMs, endedAtMs };
      const waiting = closed ? putBack.map((record) => unread(record, closed)) : [];
      recordFlush(event, [...outcomes, ...waiting], spent, { log, recordMetrics });
      request.response = {
        batchItemFailures: [
          ...batchItemFailures,
          ...putBack.map(({ messageId }) => ({ itemIdentifier: messageId })),
        ],
      };
    },
  };
}

/**
 * The queue that a batch came from. An invocation has records of one queue alone.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
 *
 * @throws {RangeError} for a queue that is not of the kind that the function consumes: the whole batch fails.
 */
function queueOf(
  records: readonly Pick<SQSRecord, "eventSourceARN">[],
  { queueUrlPrefix, kind }: Pick<SettleSettings, "queueUrlPrefix" | "kind">,
): Pick<Invocation, "destination" | "queueUrl"> {
  const [arn = "", ...others] = new Set(records.map(({ eventSourceARN }) => eventSourceARN));
  const queueName = arn.slice(arn.lastIndexOf(":") + 1);
  const prefix = queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf("/") + 1);
  const queue = queueName.startsWith(prefix) ? queueNamed(queueName.slice(prefix.length)) : undefined;
  if (others.length > 0 || queue?.kind !== kind)
    throw new RangeError(
      `expected records of one queue ${prefix}${queueNameOf({ kind, destination: "<destination>" })}, found "${[arn, ...others].join('", "')}"`,
    );
  return {
    destination: queue.destination,
    queueUrl: `${queueUrlPrefix.slice(0, queueUrlPrefix.lastIndexOf("/") + 1)}${queueName}`,
  };
}

/** Without outcomes nothing is provably done: the whole batch fails, and comes again. */
function workIn(
  response: QueueResult | null | undefined,
): { readonly outcomes: readonly RecordOutcome[] } | ClosedBatch {
  if (response && "closed" in response) return response;
  if (response && !("batchItemFailures" in response)) return { outcomes: response };
  throw new TypeError("The work of the function gave no outcomes of its records");
}
