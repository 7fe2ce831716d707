/** A measurement: how one or more ways to do the same work compare, or one thing that is measured as a whole. */
export type Scenario = Comparison | Whole;

export type Comparison = {
  readonly kind: "comparison";
  readonly name: string;
  /** What is measured, and what is not. */
  readonly about: string;
  readonly variants: Readonly<Record<string, Variant>>;
  /** Processes for each variant. */
  readonly repetitions: number;
  readonly figures: (measured: MeasuredVariants) => readonly Figure[];
};

export type Whole = {
  readonly kind: "whole";
  readonly name: string;
  readonly about: string;
  /** Checks that the work was right before it gives any number, and throws a {@link GateError} otherwise. */
  readonly run: () => Promise<readonly Figure[]>;
};

/** One way to do the work of a comparison. Each repetition is a fresh process, the variants in alternating order. */
export type Variant = {
  /** `peers`: needs the packages of bench/peers, and is left out without them. */
  readonly needs?: "peers";
  readonly prepare: () => Promise<Work>;
};

export type Work = {
  /** Items that one round works on: what is timed is divided by it. */
  readonly items: number;
  readonly warmUpRounds: number;
  readonly rounds: number;
  /** Does the work once and throws a {@link GateError} that says what differs when it was not done right. */
  readonly gate: () => Promise<void>;
  readonly round: () => Promise<void>;
  /** What was counted over the timed rounds, by name. */
  readonly counts?: () => Promise<Readonly<Record<string, number>>>;
  readonly stop?: () => Promise<void>;
};

/** What one process measured of one variant. */
export type Sample = {
  /** CPU time of the process for an item, all of its threads, in microseconds. */
  readonly cpuUs: number;
  readonly wallUs: number;
  readonly counts: Readonly<Record<string, number>>;
};

/** The median of a variant's processes, and the least and most of them. */
export type Measured = {
  readonly cpuUs: Spread;
  /** Of each repetition, in order. */
  readonly cpuUsByRun: readonly number[];
  readonly wallUs: Spread;
  readonly counts: Sample["counts"];
};
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/** By variant; a variant that was left out has none. */
export type MeasuredVariants = Readonly<Record<string, Measured>>;

export type Figure = {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** Least and most of the repetitions. */
  readonly spread?: { readonly low: number; readonly high: number };
  /** What the figure must not pass. */
  readonly atMost?: number;
};

/** The work was not done right, so its speed means nothing. */
export class GateError extends Error {
  override readonly name = "GateError";
}

/** A figure of a spread: `value` from the median, its range from the extremes. */
export function figureOf(
  label: string,
  unit: string,
  { median: middle, low, high }: Spread,
  atMost?: number,
): Figure {
  return { label, value: middle, unit, spread: { low, high }, ...(atMost !== undefined && { atMost }) };
}

/**
 * CPU of one variant by that of another: the median over the repetitions, in each of which both ran within seconds. What
 * the neighbours of the machine do changes from minute to minute.
 */
export function ratioOf(label: string, of: Measured, to: Measured, atMost?: number): Figure {
  return figureOf(label, "×", spreadOf(scaled(of.cpuUsByRun, to.cpuUsByRun, 1)), atMost);
}

/**
 * CPU of a variant as it would be on a machine where a reference takes `referenceUs`: for limits that were set on another
 * machine, with what the reference took there.
 */
export function scaledFigureOf(
  label: string,
  unit: string,
  of: Measured,
  { reference, referenceUs, atMost }: { reference: Measured; referenceUs: number; atMost: number },
): Figure {
  return figureOf(label, unit, spreadOf(scaled(of.cpuUsByRun, reference.cpuUsByRun, referenceUs)), atMost);
}

/** What each run would have taken where the reference takes so much, by the reference of the same turn. */
export function scaled(
  runs: readonly number[],
  reference: readonly number[],
  referenceTakes: number,
): number[] {
  return runs.map((taken, run) => (taken / (reference[run] ?? Number.NaN)) * referenceTakes);
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError("a median needs at least one value");
  return (low + high) / 2;
}
