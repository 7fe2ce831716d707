import type { Fate } from "../delivery/fate.ts";
import { METRICS } from "./fields.ts";
import type { Log } from "./log.ts";
import type { RecordMetrics } from "./metrics.ts";

/** Counts by reason; a reason is the same text in dead letters, logs and documentation. */
type ByReason = Readonly<Record<string, number>>;

export type FlushSummary = {
  readonly messages: number;
  readonly items: number;
  readonly applied: number;
  readonly unchanged: number;
  readonly stale: number;
  readonly dropped: ByReason;
  readonly dead: ByReason;
  readonly retried: ByReason;
};

/** What an invocation did with its batch, in numbers. */
export function summaryOf(outcomes: readonly { readonly fates: readonly Fate[] }[]): FlushSummary {
  const delivered = { applied: 0, unchanged: 0, stale: 0 };
  const dropped: Record<string, number> = {};
  const dead: Record<string, number> = {};
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
          count(retried, fate.reason);
          break;
      }
    }
  }
  return { messages: outcomes.length, items, ...delivered, dropped, dead, retried };
}

/** One wide line per invocation, and its metrics: what is dropped, dead or waits by reason, everything else as one number. */
export function recordFlush(
  event: string,
  outcomes: readonly { readonly fates: readonly Fate[] }[],
  spent: { readonly requests: number; readonly ms: number },
  { log, recordMetrics }: { readonly log: Log; readonly recordMetrics: RecordMetrics },
): void {
  const summary = summaryOf(outcomes);
  log.info(event, { ...summary, ...spent });
  recordMetrics({
    [METRICS.itemsApplied]: summary.applied,
    [METRICS.itemsUnchanged]: summary.unchanged,
    [METRICS.itemsStale]: summary.stale,
    [METRICS.requests]: spent.requests,
    [METRICS.flushMs]: spent.ms,
  });
  const byReason = {
    [METRICS.itemsDropped]: summary.dropped,
    [METRICS.itemsDead]: summary.dead,
    [METRICS.itemsRetried]: summary.retried,
  };
  for (const [metric, reasons] of Object.entries(byReason)) {
    for (const [reason, items] of Object.entries(reasons)) recordMetrics({ [metric]: items }, { reason });
  }
}
