/**
 * Requests that the searches of one destination for refused items may make: so many at once, and as many again in each
 * such time. By time and not by batch, because small batches come often: 1.6 requests a second are a sixth of a limit of
 * 100 in ten seconds. docs/scaling.md has what it does for neighbours.
 */
export const SPLIT_REQUESTS = 32;
export const SPLIT_REFILL_MS = 20_000;

/**
 * A search begins only while so many are left: the largest, among 2,048 items, may need them to get somewhere. If small ones
 * began with less, they would leave a large one none, ever.
 */
export const SEARCH_BEGINS_WITH = 27;

/** What was left of a budget at a time, Unix ms. */
export type SplitBalance = { readonly left: number; readonly atMs: number };

/** The balance of a budget of so many requests at a later time. A clock that was set back adds nothing. */
export function refilled(
  { left, atMs }: SplitBalance,
  nowMs: number,
  requests = SPLIT_REQUESTS,
): SplitBalance {
  const added = (Math.max(0, nowMs - atMs) / SPLIT_REFILL_MS) * requests;
  return { left: Math.min(requests, left + added), atMs: nowMs };
}

/** Hands requests to searches. Whoever shares it shares them. */
export type SplitBudget = {
  /** Whether a search may begin now. */
  readonly mayBegin: () => boolean;
  /** Sets aside as many requests as a search needs to be sure to get somewhere; undefined when it may not begin. */
  readonly begin: (needed: number) => Search | undefined;
};

export type Search = {
  /** Whether one more request may be made, which then counts: first what was set aside, then what is left. */
  readonly take: () => boolean;
  /** Gives back what was set aside and not used. */
  readonly end: () => void;
};

/** A full budget. `now`: Unix ms. */
export function splitBudget(now: () => number, requests = SPLIT_REQUESTS): SplitBudget {
  let balance: SplitBalance = { left: requests, atMs: now() };
  const leftNow = (): number => refilled(balance, now(), requests).left;
  const add = (some: number): void => {
    const { left, atMs } = refilled(balance, now(), requests);
    balance = { left: Math.min(requests, left + some), atMs };
  };
  const mayBegin = (): boolean => leftNow() >= SEARCH_BEGINS_WITH;
  return {
    mayBegin,
    begin: (needed) => {
      if (needed > 0 && !mayBegin()) return undefined;
      let aside = needed;
      add(-needed);
      return {
        take: () => {
          if (aside > 0) aside -= 1;
          else if (leftNow() < 1) return false;
          else add(-1);
          return true;
        },
        end: () => {
          add(aside);
          aside = 0;
        },
      };
    },
  };
}

/** The budgets of a process, by destination. One for its whole life, as its limits are. */
export type SplitBudgets = Map<string, SplitBudget>;

export function splitBudgetOf(budgets: SplitBudgets, destination: string, now: () => number): SplitBudget {
  const budget = budgets.get(destination) ?? splitBudget(now);
  budgets.set(destination, budget);
  return budget;
}
