/** One thing that is measured. `run` checks that the work was right before it gives any number, and throws otherwise. */
export type Scenario = {
  readonly name: string;
  /** What is measured, and what is not. */
  readonly about: string;
  readonly run: () => Promise<readonly Figure[]>;
};

export type Figure = {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** What the figure must not pass, where an issue sets one. */
  readonly atMost?: number;
};

/** The work was not done right, so its speed means nothing. */
export class GateError extends Error {
  override readonly name = "GateError";
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError("a median needs at least one value");
  return (low + high) / 2;
}
