import { HOLD_SECONDS } from "../scale.ts";
import { FAULTS, type Fault } from "./destination.ts";

export type BrokenScale = {
  readonly faults: readonly Fault[];
  /** How long everything is well first, and how long each fault lasts. */
  readonly wellMs: number;
  readonly brokenMs: number;
  readonly operationsASecond: number;
  /** How long the last of everything may take to arrive once all is well. */
  readonly patienceMs: number;
  /** The clocks of the stack: see dev/hold.ts. */
  readonly holdSeconds: number;
};

/** Operations a second that the run sends, each with a metric event beside it. */
export const OPERATIONS_A_SECOND = 50;

/** What `npm run chaos -- --broken` does: each fault for so many minutes, a fifth of it well before. */
export function brokenScale(minutes: number, operationsASecond: number): BrokenScale {
  return {
    faults: FAULTS,
    wellMs: Math.max(30_000, minutes * 12_000),
    brokenMs: minutes * 60_000,
    operationsASecond,
    // What a token held up is asked for again after a quarter of an hour, and everything of all faults comes together.
    patienceMs: (20 + minutes * FAULTS.length) * 60_000,
    holdSeconds: HOLD_SECONDS,
  };
}
