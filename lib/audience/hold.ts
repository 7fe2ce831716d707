import type { Hold, HoldEnding, Ledger, LedgerSegment } from "./ledger/ledger.ts";

/**
 * Times of the protocol, in ms. What it assumes: an answered request takes effect in the order of its answer; an
 * unanswered one takes effect within `landingMs` after its timeout, or never; clocks differ by less than `skewMs`.
 */
export type HoldRules = {
  /** How long a hold lasts from its last renewal. */
  readonly holdMs: number;
  readonly requestTimeoutMs: number;
  readonly landingMs: number;
  /** Longest that the ledger takes to write the entries of one request. */
  readonly writeTimeoutMs: number;
  readonly skewMs: number;
};

export type Clock = { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> };

/** The hold of this invocation. It starts nothing that might take effect after the hold has ended. */
export type Guard = {
  /** Whether one request may start: renews the hold when too little of it is left. */
  readonly mayRequest: () => Promise<boolean>;
  /** Whether enough time is left to write the entries of one request. */
  readonly mayWrite: () => Promise<boolean>;
  readonly current: () => Hold;
  /** From now on nobody trusts what earlier holds wrote: neither this hold nor later ones. */
  readonly doubt: () => void;
  readonly release: (ending: HoldEnding) => Promise<void>;
  readonly stall: () => Promise<void>;
};

export type Taken =
  | { readonly kind: "taken"; readonly guard: Guard }
  | { readonly kind: "busy"; readonly untilMs: number; readonly stalled: boolean };

/** A busy hold usually lasts well under a second, so waiting here is faster than receiving the message again. */
export const WAIT_MS = 3_000;
export const POLL_MS = 250;

/**
 * Takes the hold of a segment, waiting up to {@link WAIT_MS} while somebody else has it and `mayWait` agrees.
 * It does not wait for a stalled hold, which stays until it expires.
 */
export async function takeGuard(
  segment: LedgerSegment,
  ports: { readonly ledger: Ledger; readonly clock: Clock; readonly mayWait: (ms: number) => boolean },
  rules: HoldRules,
): Promise<Taken> {
  const { ledger, clock, mayWait } = ports;
  const giveUpMs = clock.now() + WAIT_MS;
  for (;;) {
    const answer = await ledger.takeHold(segment, clock.now(), rules.holdMs);
    if (answer.kind === "taken") return { kind: "taken", guard: guardOf(answer.hold, ledger, clock, rules) };
    const nowMs = clock.now();
    if (answer.stalled && answer.untilMs > nowMs + POLL_MS) return answer;
    if (nowMs + POLL_MS > giveUpMs || !mayWait(POLL_MS)) return answer;
    await clock.sleep(POLL_MS);
  }
}

function guardOf(taken: Hold, ledger: Ledger, clock: Clock, rules: HoldRules): Guard {
  let hold = taken;
  let isDoubted = false;
  /**
   * Nobody takes a hold before it ends, so one with enough time left needs no call; otherwise the ledger must
   * agree that it is still ours. A renewal whose answer came too late does not count.
   */
  const covers = async (needMs: number): Promise<boolean> => {
    if (hold.untilMs - clock.now() >= needMs) return true;
    const renewed = await ledger.renewHold(hold, clock.now(), rules.holdMs);
    if (renewed === "lost") return false;
    hold = renewed;
    return hold.untilMs - clock.now() >= needMs;
  };
  const afterwardsMs = rules.landingMs + rules.skewMs;
  return {
    mayRequest: () => covers(rules.requestTimeoutMs + afterwardsMs),
    mayWrite: () => covers(rules.writeTimeoutMs + afterwardsMs),
    current: () => (isDoubted ? { ...hold, dirty: hold.n - 1 } : hold),
    doubt: () => {
      isDoubted = true;
    },
    release: (ending) => ledger.releaseHold(hold, isDoubted ? "dirty" : ending),
    stall: () => ledger.stallHold(hold),
  };
}
