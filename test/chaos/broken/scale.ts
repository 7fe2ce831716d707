import { HOLD_SECONDS } from "../scale.ts";
import { FAULTS, type Fault } from "./destination.ts";

export type BrokenScale = {
  readonly faults: readonly Fault[];
  /** How long everything is well first, and how long each fault lasts. */
  readonly wellMs: number;
  readonly brokenMs: number;
  readonly requestsASecond: number;
  /** How long the last of everything may take to arrive once all is well. */
  readonly patienceMs: number;
  /** The clocks of the stack: see dev/hold.ts. */
  readonly holdSeconds: number;
};

/** Operations a second that the run sends: a request has one, and a metric event beside it. */
export const REQUESTS_A_SECOND = 50;

/** What `npm run chaos -- --broken` does: each fault for so many minutes, a fifth of it well before. */
export function brokenScale(minutes: number, requestsASecond: number): BrokenScale {
  return {
    faults: FAULTS,
    wellMs: Math.max(30_000, minutes * 12_000),
    brokenMs: minutes * 60_000,
    requestsASecond,
    // What a token held up is asked for again after a quarter of an hour.
    patienceMs: 20 * 60_000,
    holdSeconds: HOLD_SECONDS,
  };
}
