/** What is left of an invocation. Past it nothing new starts, and what did not start is a `retry`. */
export type TimeBudget = {
  /** Whether something that takes at most `ms` may still start. */
  readonly allows: (ms: number) => boolean;
};

/** For tools and tests that nobody cuts off. */
export const unlimited: TimeBudget = { allows: () => true };

/**
 * @param remainingMs Lambda's `context.getRemainingTimeInMillis`
 * @param reserveMs kept for what follows the work: dead letters, visibility, the answer itself
 */
export function timeBudget(remainingMs: () => number, reserveMs: number): TimeBudget {
  return { allows: (ms) => remainingMs() - reserveMs >= ms };
}

/** A budget that ends at a moment of its own, Unix ms, if not before. */
export function within(
  budget: TimeBudget,
  { untilMs, now }: { readonly untilMs: number; readonly now: () => number },
): TimeBudget {
  return { allows: (ms) => now() < untilMs && budget.allows(ms) };
}
