import { type Fate, retrySoon } from "./fate.ts";

/** A destination's refusal of a request, of which nothing took effect. `cause` is its answer, safe to show an operator. */
export type Refusal = {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: string;
  readonly cause: string;
};

/** Why the work stops, and what becomes of everything that is not settled yet. */
type Stop = { readonly fate: Fate };

/** Requests that one refusal may cost. What is not found by then comes again. */
export const MAX_SPLIT_REQUESTS = 64;
/** As many single members refused one after another, and nothing taken: the request is wrong, not its members. */
export const SINGLES_THAT_BLAME_THE_REQUEST = 8;

/**
 * Finds the members for which a destination refuses a request, by halving it: k bad ones among n cost about
 * 2·k·log2(n) requests. They are dead; the others are delivered on the way.
 */
export async function isolate<Member, Halt extends Stop>(
  refusedPart: readonly Member[],
  refusal: Refusal,
  ports: {
    readonly deliver: (part: readonly Member[]) => Promise<"delivered" | Refusal | Halt>;
    readonly settle: (member: Member, fate: Fate) => void;
    /** Stops the work although the destination would take more. */
    readonly halt: (fate: Fate) => Halt;
    readonly random: () => number;
  },
): Promise<Halt | undefined> {
  const bad: { readonly member: Member; readonly refusal: Refusal }[] = [];
  const waiting: (readonly Member[])[] = [];
  /** A single refused member is bad itself; the first half of a larger part is tried next. */
  const narrow = (part: readonly Member[], because: Refusal): void => {
    const [only] = part;
    if (only !== undefined && part.length === 1) bad.push({ member: only, refusal: because });
    else waiting.push(part.slice(Math.ceil(part.length / 2)), part.slice(0, Math.ceil(part.length / 2)));
  };
  const bury = (): void => {
    for (const { member, refusal: because } of bad) ports.settle(member, { ...because, kind: "dead" });
  };

  // Shuffled, so that bad neighbours do not pass for a bad request at every attempt.
  narrow(shuffled(refusedPart, ports.random), refusal);
  let taken = false;
  for (let requests = 0; requests < MAX_SPLIT_REQUESTS; requests += 1) {
    const part = waiting.pop();
    if (!part) break;
    const outcome = await ports.deliver(part);
    if (outcome === "delivered") taken = true;
    else if ("fate" in outcome) {
      if (taken) bury();
      return outcome;
    } else {
      narrow(part, outcome);
      if (!taken && bad.length === SINGLES_THAT_BLAME_THE_REQUEST) return ports.halt(requestAtFault(outcome));
    }
  }
  bury();
  if (waiting.length === 0) return undefined;
  return ports.halt(retrySoon("isolating-refused-members"));
}

/** Configuration, not content: nothing of it is dead, and a person is told. */
function requestAtFault(refusal: Refusal): Fate {
  return { kind: "retry", reason: `${refusal.reason}-every-member`, delay: { kind: "configuration" } };
}

function shuffled<Member>(members: readonly Member[], random: () => number): readonly Member[] {
  return members
    .map((member) => ({ member, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ member }) => member);
}
