import { type Fate, retryWithBackoff } from "./fate.ts";
import type { SplitBudget } from "./split-budget.ts";

/** A destination's refusal of a request, of which nothing took effect. `cause` is its answer, safe to show an operator. */
export type Refusal = {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: string;
  readonly cause: string;
};

/** If this many single members are refused in a row and none is taken, the request is wrong and not its members. */
export const SINGLES_THAT_BLAME_THE_REQUEST = 8;

/** What an invocation has seen of one destination: a wrong setting makes it refuse every small request, too. */
export type Evidence = { taken: boolean; refused: number };

export function noEvidence(): Evidence {
  return { taken: false, refused: 0 };
}

/**
 * The rest of a search that its budget did not cover. At growing distances, because each attempt costs the whole
 * request once more: a sender of which half is bad would otherwise use up the limit that others share.
 */
export const searchGoesOn: Fate = retryWithBackoff("isolating-refused-members");

export type IsolatePorts<Member, Halt> = {
  readonly deliver: (part: readonly Member[]) => Promise<"delivered" | Refusal | Halt>;
  /** Only the first fate of a member counts. */
  readonly settle: (member: Member, fate: Fate) => void;
  readonly evidence: Evidence;
  readonly random: () => number;
  /** Of all searches of the destination. */
  readonly splits: SplitBudget;
};

/** Delivers members in one request and, if the destination refuses it, isolates those it refuses it for. */
export async function deliverOrIsolate<Member, Halt extends { readonly fate: Fate }>(
  members: readonly Member[],
  ports: IsolatePorts<Member, Halt>,
): Promise<Halt | undefined> {
  const outcome = await ports.deliver(members);
  if (outcome === "delivered") {
    ports.evidence.taken = true;
    return undefined;
  }
  return "fate" in outcome ? outcome : isolate(members, outcome, ports);
}

/**
 * Finds the members for which a destination refuses a request, by halving it: k bad ones among n cost about
 * 2·k·log2(n) requests. They are dead; the others are delivered on the way. What cannot be blamed on members, or is
 * not found in time, is settled as `retry`. Gives what stopped the work, if something did.
 *
 * It starts only where its budget leads to something: a member that is delivered, or eight that blame the request. So
 * what comes again is always less than it was, or waits for a person.
 */
export async function isolate<Member, Halt extends { readonly fate: Fate }>(
  refusedPart: readonly Member[],
  refusal: Refusal,
  ports: IsolatePorts<Member, Halt>,
): Promise<Halt | undefined> {
  const { evidence } = ports;
  const bad: { readonly member: Member; readonly refusal: Refusal }[] = [];
  const waiting: (readonly Member[])[] = [];
  let taken = false;
  /** A single refused member is itself bad; of a larger part the first half is tried next. */
  const narrow = (part: readonly Member[], because: Refusal): void => {
    const [only] = part;
    if (only !== undefined && part.length === 1) {
      bad.push({ member: only, refusal: because });
      evidence.refused += 1;
    } else waiting.push(part.slice(Math.ceil(part.length / 2)), part.slice(0, Math.ceil(part.length / 2)));
  };
  const blamesRequest = (): boolean => {
    if (!taken && bad.length >= SINGLES_THAT_BLAME_THE_REQUEST) return true;
    return !evidence.taken && bad.length > 0 && evidence.refused >= SINGLES_THAT_BLAME_THE_REQUEST;
  };
  const bury = (): void => {
    for (const { member, refusal: because } of bad) ports.settle(member, { ...because, kind: "dead" });
  };
  const settleRest = (fate: Fate): void => {
    for (const member of refusedPart) ports.settle(member, fate);
  };

  const search = ports.splits.begin(conclusiveRequests(refusedPart.length));
  if (!search) {
    settleRest(searchGoesOn);
    return undefined;
  }
  // Members are shuffled, so that adjacent bad ones do not look like a bad request at every attempt.
  narrow(shuffled(refusedPart, ports.random), refusal);
  try {
    while (waiting.length > 0 && !blamesRequest() && search.take()) {
      const part = waiting.pop();
      if (!part) break;
      const outcome = await ports.deliver(part);
      if (outcome === "delivered") {
        taken = true;
        evidence.taken = true;
      } else if ("fate" in outcome) {
        if (taken) bury();
        return outcome;
      } else narrow(part, outcome);
    }
  } finally {
    search.end();
  }
  if (blamesRequest()) {
    settleRest(requestAtFault(refusal));
    return undefined;
  }
  bury();
  if (waiting.length > 0) settleRest(searchGoesOn);
  return undefined;
}

/**
 * So many requests and something is delivered, eight members are refused alone, or nothing is left to try. Halving leads
 * to the first member in log2(n) requests and to the next seven, where all are refused, in at most two each.
 */
export function conclusiveRequests(members: number): number {
  return Math.min(2 * members - 2, Math.ceil(Math.log2(members)) + 2 * SINGLES_THAT_BLAME_THE_REQUEST);
}

/** The fault is configuration and not content: no item is dead, and a person has to act. */
function requestAtFault(refusal: Refusal): Fate {
  return { kind: "retry", reason: `${refusal.reason}-every-member`, delay: { kind: "configuration" } };
}

export function shuffled<Member>(members: readonly Member[], random: () => number): readonly Member[] {
  return members
    .map((member) => ({ member, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ member }) => member);
}
