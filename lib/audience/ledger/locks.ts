import type { LedgerSegment } from "./ledger.ts";

/** In place of an environment: its holds are of no segment, and no listing has them. Client-side IDs have no dots. */
const LOCKS = "flagbridge.locks";

/** Held by whoever goes through the queues for an erasure: what one walk has in its hands, another does not see. */
export const QUEUE_WALK_LOCK: LedgerSegment = { environment: LOCKS, segment: "queue-walk" };

export function isLock({ environment }: LedgerSegment): boolean {
  return environment === LOCKS;
}
