import { SHORT_HOLD_SECONDS } from "../support/length.ts";

/** How much a run sends, and for how long. */
export type Scale = {
  readonly operations: number;
  readonly events: number;
  readonly flagChanges: number;
  readonly segments: number;
  /** Members that LaunchDarkly refuses, for each writer: some until they are cured, some to the end. */
  readonly poisoned: { readonly curable: number; readonly incurable: number };
  /** Requests and faults come this long; then requests alone, for `calmMs`. */
  readonly stormMs: number;
  readonly calmMs: number;
  /** How often the stack is killed and started again. */
  readonly stackKills: number;
  readonly functionKills: number;
  /**
   * How long nothing happens before the token is rotated a last time; without it, it is not. A function reads a secret again
   * at most every 30 s, and one that may not yet waits a quarter of an hour.
   */
  readonly restBeforeRotationMs?: number;
  /** The clocks of the stack: see dev/hold.ts. */
  readonly holdSeconds: number;
};

/** Of `npm start`. */
export const HOLD_SECONDS = 20;

/** With eight bad members or more and nothing good beside them, a request would be taken for the culprit. */
const POISONED = { curable: 4, incurable: 3 };

/** What `npm run chaos` does: the least of everything, or as much more as it has minutes. */
export function fullScale(minutes: number): Scale {
  const more = Math.max(1, minutes / 5);
  return {
    operations: Math.round(50_000 * more),
    events: Math.round(5_000 * more),
    flagChanges: Math.round(500 * more),
    segments: 40,
    poisoned: POISONED,
    stormMs: minutes * 60_000,
    calmMs: 15_000,
    stackKills: Math.max(1, Math.round(minutes / 2)),
    functionKills: Math.max(1, Math.round(minutes * 3)),
    restBeforeRotationMs: 32_000,
    holdSeconds: HOLD_SECONDS,
  };
}

/** What `npm run test:long` does. */
export const SHORT: Scale = {
  operations: 3_000,
  events: 600,
  flagChanges: 40,
  segments: 10,
  poisoned: { curable: 2, incurable: 1 },
  stormMs: 14_000,
  calmMs: 3_000,
  stackKills: 1,
  functionKills: 2,
  holdSeconds: HOLD_SECONDS,
};

/** What `npm test` does: less of it, by shorter clocks. */
export const SHORTEST: Scale = {
  operations: 1_500,
  events: 300,
  flagChanges: 20,
  segments: 6,
  poisoned: { curable: 2, incurable: 1 },
  stormMs: 8_000,
  calmMs: 2_000,
  stackKills: 1,
  functionKills: 2,
  holdSeconds: SHORT_HOLD_SECONDS,
};

const CALM_SHARE = 0.04;

/** When the item of that number is due: all but the last few during the storm. */
export function dueMsOf(number: number, count: number, { stormMs, calmMs }: Scale): number {
  const stormy = count * (1 - CALM_SHARE);
  if (number < stormy) return Math.floor((number / stormy) * stormMs);
  return stormMs + Math.floor(((number - stormy) / (count - stormy)) * calmMs);
}
