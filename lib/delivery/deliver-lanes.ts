import { type Fate, internalError, type NoteFault, retrySoon } from "./fate.ts";
import { isolate, type Refusal, shuffled } from "./isolate.ts";
import type { EventCandidate, EventSender, Lane } from "./lane.ts";
import { takeItems } from "./open-items.ts";
import { sideBySide } from "./side-by-side.ts";
import type { SplitBudget } from "./split-budget.ts";
import type { TimeBudget } from "./time-budget.ts";

/** Events have no order, so requests need not wait for each other; more at once would only reach the rate limit sooner. */
const REQUESTS_AT_ONCE = 4;

export type DeliverPorts = {
  /** Called once for each item of each event. */
  readonly settle: (item: number, fate: Fate) => void;
  readonly budget: TimeBudget;
  /** Longest that one delivery takes, its immediate repetition included. */
  readonly deliveryMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What searches for refused events of the destination may ask. */
  readonly splits: SplitBudget;
  /** Absent where nobody reads a log. */
  readonly noteFault?: NoteFault | undefined;
};

/** Sends everything that the lanes hold, and settles every item of it. What is refused is searched after all requests. */
export async function deliverLanes(lanes: Iterable<Lane>, ports: DeliverPorts): Promise<void> {
  const known: Work[] = [];
  const unsure: { readonly sender: EventSender; readonly requests: Work[] }[] = [];
  const refused: RefusedRequest[] = [];
  for (const { sender, requests } of lanes) {
    const { inTurn = run } = sender;
    const works = requests().map((part) => () => {
      return inTurn(async () => {
        const refusal = await deliver(part, sender, ports);
        if (refusal) refused.push({ part, sender, refusal });
      });
    });
    if (sender.awaitsProbe?.()) unsure.push({ sender, requests: works });
    else known.push(...works);
  }
  // While a probe is in flight every other request would be put back for a minute or more, although the destination may be
  // back.
  const probe = async (): Promise<void> => {
    for (const { sender, requests } of unsure)
      while (sender.awaitsProbe?.() && requests.length > 0) await requests.shift()?.();
  };
  await sideBySide([probe, ...known], REQUESTS_AT_ONCE, run);
  await sideBySide(
    unsure.flatMap(({ requests }) => requests),
    REQUESTS_AT_ONCE,
    run,
  );
  for (const request of shuffled(refused, ports.random)) await search(request, ports);
}

type Work = () => Promise<void>;

const run = <Result>(work: () => Promise<Result>): Promise<Result> => work();

type RefusedRequest = {
  readonly part: readonly EventCandidate[];
  readonly sender: EventSender;
  readonly refusal: Refusal;
};

const applied: Fate = { kind: "delivered", how: "applied" };

/** Sends one request. Whatever stops it settles all its items; a refusal goes to the search. */
async function deliver(
  request: readonly EventCandidate[],
  sender: EventSender,
  ports: DeliverPorts,
): Promise<Refusal | undefined> {
  const outcome = await sendPart(request, sender, ports).catch((error: unknown) => faultOf(error, ports));
  if (outcome === "delivered") {
    sender.evidence.taken = true;
    return undefined;
  }
  if (!("fate" in outcome)) return outcome;
  settleAll(request, outcome.fate, ports);
  return undefined;
}

/** Searches a refused request by halving it. Whatever stops the search settles the remaining items. */
async function search(
  { part: request, sender, refusal }: RefusedRequest,
  ports: DeliverPorts,
): Promise<void> {
  const stop = await isolate<EventCandidate, { readonly fate: Fate }>(request, refusal, {
    deliver: (part) => sendPart(part, sender, ports),
    settle: (event, fate) => settleAll([event], fate, ports),
    evidence: sender.evidence,
    random: ports.random,
    splits: ports.splits,
  }).catch((error: unknown) => faultOf(error, ports));
  if (stop) settleAll(request, stop.fate, ports);
}

async function sendPart(part: readonly EventCandidate[], sender: EventSender, ports: DeliverPorts) {
  if (!ports.budget.allows(ports.deliveryMs)) return { fate: retrySoon("out-of-time") };
  const outcome = await sender.send(part);
  if (outcome === "delivered") settleAll(part, applied, ports);
  return outcome;
}

/** If the error were thrown on, it would end the other requests of the batch too. */
function faultOf(error: unknown, { noteFault }: DeliverPorts): { readonly fate: Fate } {
  noteFault?.("request.deliver", error);
  return { fate: internalError };
}

function settleAll(events: readonly EventCandidate[], fate: Fate, { settle }: DeliverPorts): void {
  for (const event of events) takeItems(event, (item) => settle(item, fate));
}
