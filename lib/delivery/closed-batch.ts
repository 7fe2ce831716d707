import type { Closed } from "../http/breaker.ts";
import { deliveryOf, type QueuedRecord } from "./copied-record.ts";
import { destinationClosed } from "./fate.ts";
import type { FlushedMessage } from "./record-batch.ts";
import { visibilitySeconds } from "./retry-delay.ts";
import { RENEW_AFTER_MS, RENEW_AFTER_RECEIVES, type RecordOutcome, UNDELIVERABLE_MS } from "./settle.ts";

/**
 * A batch whose destination was closed when it came or when it ended: what was put back unread, and what became of the other
 * records. Those that met a closed destination and could not wait are worked on; all of them where it closed on the way.
 */
export type ClosedBatch = {
  readonly closed: Closed;
  readonly putBack: readonly QueuedRecord[];
  readonly outcomes: readonly RecordOutcome[];
};

/**
 * Records come back by themselves, and at no cost, when their queue's visibility timeout ends: infra/queues.cjs. A
 * destination that is closed for longer than that needs no call to SQS.
 */
export const QUEUE_VISIBILITY_MS = 420_000;

/**
 * Does the work on a batch unless its destination is closed. Then nothing is parsed, read or asked, but for records that
 * have waited or been received for so long that SQS would take them away: how they go on is decided as for any other.
 */
export async function unlessClosed(
  records: readonly QueuedRecord[],
  {
    closedNow,
    now,
    work,
  }: {
    readonly closedNow: () => Promise<Closed | undefined>;
    readonly now: () => number;
    readonly work: (records: readonly QueuedRecord[]) => Promise<readonly RecordOutcome[]>;
  },
): Promise<readonly RecordOutcome[] | ClosedBatch> {
  const closed = await closedNow();
  if (!closed) {
    const outcomes = await work(records);
    const since = await closedNow();
    return since ? { closed: since, putBack: [], outcomes } : outcomes;
  }
  const nowMs = now();
  const due = records.filter((record) => cannotWait(record, nowMs));
  const putBack = records.filter((record) => !cannotWait(record, nowMs));
  return { closed, putBack, outcomes: due.length > 0 ? await work(due) : [] };
}

function cannotWait(record: QueuedRecord, nowMs: number): boolean {
  const { queuedAtMs, sentAtMs, receives } = deliveryOf(record);
  return (
    nowMs - queuedAtMs > UNDELIVERABLE_MS ||
    nowMs - sentAtMs >= RENEW_AFTER_MS ||
    receives >= RENEW_AFTER_RECEIVES
  );
}

/** When the records that were put back come again: nothing where their queue sees to it. */
export function visibilityOf(
  { closed, putBack }: ClosedBatch,
  { nowMs, random }: { readonly nowMs: number; readonly random: () => number },
): readonly { readonly receiptHandle: string; readonly seconds: number }[] {
  if (closed.untilMs - nowMs > QUEUE_VISIBILITY_MS) return [];
  return putBack.map(({ receiptHandle, attributes }) => ({
    receiptHandle,
    seconds: visibilitySeconds(
      { kind: "at", atMs: closed.untilMs },
      { nowMs, random, receives: Number(attributes.ApproximateReceiveCount) },
    ),
  }));
}

/** What is recorded of a record that nobody has read: one thing that waits. */
export function unread(record: QueuedRecord, closed: Closed): FlushedMessage {
  return {
    messageId: record.messageId,
    connection: "unknown",
    fates: [destinationClosed(closed)],
    // A copy is as old as what it is a copy of, or an outage of days would look like one of minutes.
    acceptedAt: deliveryOf(record).queuedAtMs,
  };
}
