import type { Action } from "../../messages/operation.ts";
import type { Version } from "../../messages/version.ts";

/**
 * The membership ledger: what LaunchDarkly is known to hold, and who may write to a segment now.
 * Every adapter passes `ledger.contract.ts`; docs/adr/0002 and the promise test say why the port looks like this.
 */
export type Ledger = {
  /** Takes the hold if nobody has it or it has expired. Never waits. */
  readonly takeHold: (segment: LedgerSegment, nowMs: number, holdMs: number) => Promise<HoldAnswer>;
  /** Extends our hold to `nowMs + holdMs`; `lost` when it is not ours any more or had expired. */
  readonly renewHold: (hold: Hold, nowMs: number, holdMs: number) => Promise<Hold | "lost">;
  /** Releases the hold if it is ours, and leaves a hold alone that somebody else has taken over. */
  readonly releaseHold: (hold: Hold, ending: HoldEnding) => Promise<void>;
  /** Keeps our hold until it expires, because a request of ours may still take effect. */
  readonly stallHold: (hold: Hold) => Promise<void>;
  /** Strongly consistent. A key that is absent from the answer has no entry. */
  readonly readEntries: (
    segment: LedgerSegment,
    contextKind: string,
    keys: readonly string[],
  ) => Promise<ReadonlyMap<string, Entry>>;
  /** Resolves when every entry is written. When it rejects, nobody knows which entries are written. */
  readonly writeEntries: (
    segment: LedgerSegment,
    contextKind: string,
    entries: ReadonlyMap<string, Entry>,
  ) => Promise<void>;
};

/** One segment of one environment: the unit that one invocation at a time may write to. */
export type LedgerSegment = { readonly environment: string; readonly segment: string };

/** The last change of one member that LaunchDarkly acknowledged. */
export type Entry = {
  readonly version: Version;
  readonly action: Action;
  /** The number of the hold under which LaunchDarkly acknowledged it. */
  readonly n: number;
  /** When LaunchDarkly acknowledged it, Unix ms. A bump of the version alone leaves it, so that belief expires. */
  readonly at: number;
};

/** The right to write to one segment until `untilMs`. */
export type Hold = {
  readonly segment: LedgerSegment;
  /** Counts the holds of this segment; never reused. */
  readonly n: number;
  readonly untilMs: number;
  /** Entries of holds up to this number are no proof that nothing needs to be sent. */
  readonly dirty: number;
};

export type HoldAnswer =
  | { readonly kind: "taken"; readonly hold: Hold }
  | { readonly kind: "busy"; readonly untilMs: number; readonly stalled: boolean };

/** `dirty`: a request was answered with a failure that may have been applied, so what this hold wrote is in doubt. */
export type HoldEnding = "clean" | "dirty";
