import type { RefusedRow } from "./row.ts";
import type { SendFailure } from "./sender.ts";

/** What a backfill did. The list of refused rows ends after {@link MAX_LISTED_REFUSED}; the file of refused rows has all. */
export type BackfillResult = {
  /** Rows that were read, without the header. Each was sent, is a duplicate, was refused, or is behind the line to go on from. */
  readonly rows: number;
  /** Operations that are in the queue of every destination. */
  readonly sent: number;
  /** Rows that say the same as one before them. They are not sent. */
  readonly duplicates: number;
  readonly refused: readonly Pick<RefusedRow, "line" | "code" | "message">[];
  /** Messages that SQS confirmed, over all queues. */
  readonly messages: number;
  readonly seconds: number;
};

export type BackfillEnd =
  | { readonly kind: "done"; readonly result: BackfillResult; readonly refusals: Refusals }
  /** Everything before `goOnFrom` is in the queue; without it the file is to be read again from its beginning. */
  | {
      readonly kind: "stopped";
      readonly why: StopReason;
      readonly goOnFrom: number | undefined;
      readonly result: BackfillResult;
      readonly refusals: Refusals;
    };

export type StopReason =
  | { readonly kind: "interrupted" }
  | { readonly kind: "not-queued"; readonly failure: SendFailure }
  /** The file is another than the one that was opened. */
  | { readonly kind: "changed"; readonly message: string }
  /** The message says what is wrong with the file, or with that of the refused rows. */
  | { readonly kind: "fault"; readonly message: string };

export type Refusals = {
  readonly count: number;
  /** Of them, the rows that mean a member nobody can name: see {@link RefusedRow.means}. */
  readonly somebody: number;
};

export const MAX_LISTED_REFUSED = 10_000;

export type BackfillProgress = {
  readonly rows: number;
  readonly refused: number;
  readonly sent: number;
  readonly bytesRead: number;
  /** Everything before this line is in the queue. */
  readonly confirmedBefore: number;
};
