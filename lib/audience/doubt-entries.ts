import type { Hold, HoldAnswer, HoldEnding, LedgerSegment } from "./ledger/ledger.ts";

export type HoldCalls = {
  readonly takeHold: (segment: LedgerSegment, nowMs: number, holdMs: number) => Promise<HoldAnswer>;
  readonly releaseHold: (hold: Hold, ending: HoldEnding) => Promise<void>;
};

/** Nothing is written under it: it is given back at once. */
const DOUBT_HOLD_MS = 10_000;
const DOUBT_POLL_MS = 250;

/**
 * Makes the batcher believe no entry of a segment when it says that nothing needs sending. For a day it would skip an operation that
 * says what the ledger has already, although somebody has edited the segment by hand: then it sends it.
 * Ends with `busy` when others have the segment for longer than `longestWaitMs`.
 */
export async function doubtEntries(
  segment: LedgerSegment,
  ports: {
    readonly holds: HoldCalls;
    readonly now: () => number;
    readonly sleep: (ms: number) => Promise<void>;
    readonly longestWaitMs: number;
  },
): Promise<"doubted" | "busy"> {
  const { holds, now, sleep, longestWaitMs } = ports;
  const giveUpMs = now() + longestWaitMs;
  for (;;) {
    const answer = await holds.takeHold(segment, now(), DOUBT_HOLD_MS);
    if (answer.kind === "taken") {
      await holds.releaseHold(answer.hold, "dirty");
      return "doubted";
    }
    const waitMs = Math.max(DOUBT_POLL_MS, answer.stalled ? answer.untilMs - now() : 0);
    if (now() + waitMs > giveUpMs) return "busy";
    await sleep(waitMs);
  }
}
