import { POLL_MS, WAIT_MS } from "../../lib/audience/hold.ts";
import type { Clock } from "./clock.ts";

/** The holds of segments: which is taken, and until when one that was left behind stands. */
export type Holds = {
  /** Waits as the batcher does. Not taken: when to come again, if that is known. */
  readonly take: (
    segment: string,
  ) => Promise<{ readonly kind: "taken" } | { readonly kind: "busy"; readonly untilMs?: number }>;
  readonly release: (segment: string) => void;
  readonly stall: (segment: string, untilMs: number) => void;
};

export function startHolds(clock: Clock): Holds {
  const held = new Map<string, number | undefined>();
  const isHeld = (segment: string): boolean => {
    if (!held.has(segment)) return false;
    const untilMs = held.get(segment);
    return untilMs === undefined || untilMs > clock.now();
  };
  return {
    take: async (segment) => {
      for (let waitedMs = 0; isHeld(segment); waitedMs += POLL_MS) {
        const untilMs = held.get(segment);
        if (untilMs !== undefined) return { kind: "busy", untilMs };
        if (waitedMs >= WAIT_MS) return { kind: "busy" };
        await clock.sleep(POLL_MS);
      }
      held.set(segment, undefined);
      return { kind: "taken" };
    },
    release: (segment) => void held.delete(segment),
    stall: (segment, untilMs) => void held.set(segment, untilMs),
  };
}

/** The same numbers at every run, uniform in [0, 1). */
export function startRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** The value that so much of a sorted list is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
