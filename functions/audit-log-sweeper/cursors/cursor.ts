import type { Place } from "../../../lib/launchdarkly/audit-log/paging.ts";

/** Which part of an audit log a cursor is for: what one connection reads by one resource specifier. */
export type CursorKey = { readonly connection: string; readonly spec: string };

/**
 * How far the audit log has been swept. Times are Unix ms.
 *
 * Pages come newest first, so a sweep that runs out of time has the newest part of its window and not the oldest:
 * `open` is that window, of which everything newer than `place` is queued. The next run goes on there.
 */
export type Cursor = {
  /** Everything before this moment is queued, but for what appears in the log late. */
  readonly sweptUntil: number;
  readonly open?: { readonly until: number; readonly place: Place };
  /** What was queued and will be read again, because windows overlap. Forgetting one costs a repetition, no more. */
  readonly queued: readonly QueuedEntry[];
};

export type QueuedEntry = { readonly id: string; readonly at: number };

/** A cursor as it lies there. `n` counts its writes. */
export type StoredCursor = Cursor & { readonly n: number };

/** Every adapter passes `cursors.contract.ts`. All of it rejects with {@link CursorsUnavailableError}. */
export type Cursors = {
  /** Strongly consistent. */
  readonly read: (key: CursorKey) => Promise<StoredCursor | undefined>;
  /**
   * Writes the cursor if it is still as it was read: `n` times written, 0 when there was none. `overtaken`: somebody
   * else has written since and nothing was changed, so that of two runs at a time neither undoes what the other did.
   */
  readonly write: (key: CursorKey, cursor: Cursor, n: number) => Promise<"written" | "overtaken">;
};

/** The cursors cannot be read or written now, or hold what Flagbridge did not write. The next run tries again. */
export class CursorsUnavailableError extends Error {
  override readonly name = "CursorsUnavailableError";
}
