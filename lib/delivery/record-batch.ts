import type { Closed } from "../http/breaker.ts";
import type { RequestCounts } from "../http/counted-requests.ts";
import { METRICS } from "../observability/fields.ts";
import type { Log } from "../observability/log.ts";
import { quantilesOf, type RecordMetrics } from "../observability/metrics.ts";
import { type Fate, WAITING_REASONS } from "./fate.ts";

/** What an invocation took. */
export type Spent = {
  /** The destination's name in the metrics of requests. */
  readonly service: string;
  /** The destination of the batch, by its name in connections.yml. */
  readonly destination: string;
  readonly requests: RequestCounts;
  /** Absent unless the destination was closed when the batch came, or when it ended. */
  readonly closed?: Closed | undefined;
  readonly ms: number;
  /** Unix ms. */
  readonly endedAtMs: number;
};

/** Counts by reason; a reason is the same text in dead letters, logs, metrics and documentation. */
type ByReason = Readonly<Record<string, number>>;

export type FlushSummary = {
  readonly messages: number;
  readonly items: number;
  readonly applied: number;
  readonly unchanged: number;
  readonly stale: number;
  readonly dropped: ByReason;
  readonly dead: ByReason;
  /** Put back into the queue because their turn has not come. */
  readonly waiting: ByReason;
  /** Put back into the queue after a failure. */
  readonly retried: ByReason;
};

/** What is recorded of a message: of its content only the connection and times. */
export type FlushedMessage = {
  readonly messageId: string;
  readonly connection: string;
  readonly fates: readonly Fate[];
  /** When ingest accepted it, Unix ms, and when its items became true; absent when the body could not be read. */
  readonly acceptedAt?: number;
  readonly itemTimes?: readonly number[];
};

/** Only the first messages with a dead item are named, so that the line of a full batch stays short. */
const MAX_NAMED_MESSAGES = 20;

/** What an invocation did with its batch, in numbers. */
export function summaryOf(outcomes: readonly FlushedMessage[]): FlushSummary {
  const delivered = { applied: 0, unchanged: 0, stale: 0 };
  const dropped: Record<string, number> = {};
  const dead: Record<string, number> = {};
  const waiting: Record<string, number> = {};
  const retried: Record<string, number> = {};
  const count = (counts: Record<string, number>, reason: string): void => {
    counts[reason] = (counts[reason] ?? 0) + 1;
  };
  let items = 0;
  for (const { fates } of outcomes) {
    items += fates.length;
    for (const fate of fates) {
      switch (fate.kind) {
        case "delivered":
          delivered[fate.how] += 1;
          break;
        case "dropped":
          count(dropped, fate.reason);
          break;
        case "dead":
          count(dead, fate.reason);
          break;
        case "retry":
          count(WAITING_REASONS.has(fate.reason) ? waiting : retried, fate.reason);
          break;
      }
    }
  }
  return { messages: outcomes.length, items, ...delivered, dropped, dead, waiting, retried };
}

/** One wide line per invocation, and its metrics: by connection, by reason, and of its requests by status. */
export function recordFlush(
  event: string,
  outcomes: readonly FlushedMessage[],
  { service, destination, requests, closed, ms, endedAtMs }: Spent,
  { log, recordMetrics }: { readonly log: Log; readonly recordMetrics: RecordMetrics },
): void {
  const summary = summaryOf(outcomes);
  const deadMessages = outcomes.filter(({ fates }) => fates.some(({ kind }) => kind === "dead"));
  log.info(event, {
    destination,
    ...summary,
    requests,
    ms,
    ...(closed && { closed: { why: closed.why, until: new Date(closed.untilMs).toISOString() } }),
    ...(deadMessages.length > 0 && {
      deadMessages: deadMessages.slice(0, MAX_NAMED_MESSAGES).map(({ messageId }) => messageId),
    }),
  });
  for (const [connection, messages] of Map.groupBy(outcomes, (message) => message.connection)) {
    const { applied, unchanged, stale, dropped, dead } = summaryOf(messages);
    recordMetrics(
      {
        [METRICS.itemsApplied]: applied,
        [METRICS.itemsUnchanged]: unchanged,
        [METRICS.itemsStale]: stale,
        [METRICS.itemsDropped]: sumOf(dropped),
        [METRICS.itemsDead]: sumOf(dead),
        [METRICS.eventToAppliedMs]: quantilesOf(lagsOf(messages, endedAtMs)),
      },
      {},
      { connection },
    );
  }
  const putBack = outcomes.filter(({ fates }) => fates.some(({ kind }) => kind === "retry"));
  // Recorded by destination for the alarm of its queue, which must not go off for another destination.
  recordMetrics({ [METRICS.oldestRetriedMs]: longestWaitOf(putBack, endedAtMs) }, {}, { destination });
  const byReason = {
    [METRICS.itemsDropped]: summary.dropped,
    [METRICS.itemsDead]: summary.dead,
    [METRICS.itemsWaiting]: summary.waiting,
    [METRICS.itemsRetried]: summary.retried,
  };
  for (const [metric, reasons] of Object.entries(byReason)) {
    for (const [reason, items] of Object.entries(reasons)) recordMetrics({ [metric]: items }, { reason });
  }
  if (closed) recordMetrics({ [METRICS.destinationClosed]: 1 }, { destination });
  recordRequests(service, requests, recordMetrics);
}

export function recordRequests(service: string, requests: RequestCounts, recordMetrics: RecordMetrics): void {
  for (const [status, count] of Object.entries(requests))
    recordMetrics({ [METRICS.requests]: count }, { destination: service, status });
}

/**
 * SQS's own age of the oldest message leaves out what was received more than three times, which backoff comes to within
 * a minute: in an outage it would look as if nothing waited.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
function longestWaitOf(messages: readonly FlushedMessage[], nowMs: number): number {
  return messages.reduce((longest, { acceptedAt = nowMs }) => Math.max(longest, nowMs - acceptedAt), 0);
}

function sumOf(counts: ByReason): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** A source's clock may be ahead of ours: a time in the future counts as now. */
function lagsOf(messages: readonly FlushedMessage[], nowMs: number): number[] {
  const lags: number[] = [];
  for (const { fates, itemTimes = [] } of messages) {
    itemTimes.forEach((atMs, item) => {
      const fate = fates[item];
      if (fate?.kind === "delivered" && fate.how === "applied") lags.push(Math.max(1, nowMs - atMs));
    });
  }
  return lags;
}
