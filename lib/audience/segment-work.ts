import type { Fate } from "../delivery/fate.ts";
import type { Refusal } from "../delivery/isolate.ts";
import type { SplitBudget } from "../delivery/split-budget.ts";
import type { TimeBudget } from "../delivery/time-budget.ts";
import type { SegmentName } from "../messages/operation.ts";
import type { Candidate } from "./collapse.ts";
import type { Clock, Guard, HoldRules } from "./hold.ts";
import type { Ledger, LedgerSegment } from "./ledger/ledger.ts";
import type { SegmentWriter } from "./segment-writer.ts";

/** The newest operations of one segment of one environment, by context kind and context key. */
export type SegmentJob = {
  readonly ledgerSegment: LedgerSegment;
  readonly segment: SegmentName;
  readonly kinds: ReadonlyMap<string, ReadonlyMap<string, Candidate>>;
  readonly writer: SegmentWriter;
  /** The segment is done in this connection's turn. */
  readonly connection?: string;
  /** Its members have been refused together and wait for the search: it begins with their halves. */
  readonly refusal?: Refusal;
};

export type ApplyPorts = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly budget: TimeBudget;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What searches for refused members of the environment may ask. */
  readonly splits: SplitBudget;
  /** Takes what has been refused, to be searched as a job of its own once all others have been sent. Absent: at once. */
  readonly postpone?: (refused: SegmentJob) => void;
  /** The queue most likely holds more: what fills no request may go with that. */
  readonly moreIsWaiting: boolean;
  /** Something went wrong that the protocol survives; an operator may want to know. */
  readonly noteFault: (step: string, error: unknown) => void;
};

/** A segment under its hold. */
export type Work = {
  readonly job: SegmentJob;
  readonly guard: Guard;
  readonly ports: ApplyPorts;
  readonly rules: HoldRules;
  readonly settle: (candidate: Candidate, fate: Fate) => void;
};

/** Why the work on a segment stops, how its hold ends, and what becomes of everything that is not settled yet. */
export type Halt = { readonly ending: "clean" | "dirty" | "stalled"; readonly fate: Fate };
