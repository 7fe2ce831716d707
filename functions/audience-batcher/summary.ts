import type { RecordOutcome } from "../../lib/delivery/settle-batch.ts";
import { EVENTS, METRICS } from "../../lib/observability/fields.ts";
import type { Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";

export type FlushSummary = {
  readonly messages: number;
  readonly operations: number;
  readonly applied: number;
  readonly unchanged: number;
  readonly stale: number;
  /** Counts by reason. */
  readonly dead: Readonly<Record<string, number>>;
  readonly retried: Readonly<Record<string, number>>;
};

/** What a flush did, in numbers: reasons are the same texts as in dead letters and documentation. */
export function summaryOf(outcomes: readonly RecordOutcome[]): FlushSummary {
  const delivered = { applied: 0, unchanged: 0, stale: 0 };
  const dead: Record<string, number> = {};
  const retried: Record<string, number> = {};
  let operations = 0;
  for (const { fates } of outcomes) {
    operations += fates.length;
    for (const fate of fates) {
      switch (fate.kind) {
        case "delivered":
          delivered[fate.how] += 1;
          break;
        case "dead":
          dead[fate.reason] = (dead[fate.reason] ?? 0) + 1;
          break;
        case "retry":
          retried[fate.reason] = (retried[fate.reason] ?? 0) + 1;
          break;
        case "dropped":
          break;
      }
    }
  }
  return { messages: outcomes.length, operations, ...delivered, dead, retried };
}

/** One wide line per flush, and its metrics: what is dead or waits for a person by reason, everything else as one number. */
export function recordFlush(
  outcomes: readonly RecordOutcome[],
  spent: { readonly requests: number; readonly ms: number },
  { log, recordMetrics }: { readonly log: Log; readonly recordMetrics: RecordMetrics },
): void {
  const summary = summaryOf(outcomes);
  log.info(EVENTS.audienceFlushed, { ...summary, ...spent });
  const { applied, unchanged, stale } = summary;
  recordMetrics({
    [METRICS.operationsApplied]: applied,
    [METRICS.operationsUnchanged]: unchanged,
    [METRICS.operationsStale]: stale,
    [METRICS.requests]: spent.requests,
    [METRICS.flushMs]: spent.ms,
  });
  for (const [reason, count] of Object.entries(summary.dead))
    recordMetrics({ [METRICS.operationsDead]: count }, { reason });
  for (const [reason, count] of Object.entries(summary.retried))
    recordMetrics({ [METRICS.operationsRetried]: count }, { reason });
}
