import { type Fate, internalError, type NoteFault, retrySoon } from "./fate.ts";
import { deliverOrIsolate } from "./isolate.ts";
import type { EventCandidate, EventSender, Lane } from "./lane.ts";
import { takeItems } from "./open-items.ts";
import { sideBySide } from "./side-by-side.ts";
import type { TimeBudget } from "./time-budget.ts";

/** Events have no order, so requests need not wait for each other; more at once would only meet the limit sooner. */
const REQUESTS_AT_ONCE = 4;

export type DeliverPorts = {
  /** Called once for each item of each event. */
  readonly settle: (item: number, fate: Fate) => void;
  readonly budget: TimeBudget;
  /** Longest that one delivery takes, its immediate repetition included. */
  readonly deliveryMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Absent where nobody reads a log. */
  readonly noteFault?: NoteFault | undefined;
};

/** Sends everything that the lanes hold, and settles every item of it. */
export async function deliverLanes(lanes: Iterable<Lane>, ports: DeliverPorts): Promise<void> {
  const known: Work[] = [];
  const unsure: { readonly sender: EventSender; readonly requests: Work[] }[] = [];
  for (const lane of lanes) {
    const { inTurn = run } = lane.sender;
    const requests = lane.requests().map((part) => () => inTurn(() => deliver(part, lane.sender, ports)));
    if (lane.sender.awaitsProbe?.()) unsure.push({ sender: lane.sender, requests });
    else known.push(...requests);
  }
  // Beside a probe every other request would be put back, for a minute or more, though the place may be back.
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
}

type Work = () => Promise<void>;

const run = <Result>(work: () => Promise<Result>): Promise<Result> => work();

const applied: Fate = { kind: "delivered", how: "applied" };

/** One request, halved when it is refused. What stops it settles all that is left of it. */
async function deliver(
  request: readonly EventCandidate[],
  sender: EventSender,
  ports: DeliverPorts,
): Promise<void> {
  const settleOnce = (event: EventCandidate, fate: Fate): void =>
    takeItems(event, (item) => ports.settle(item, fate));
  const deliverPart = async (part: readonly EventCandidate[]) => {
    if (!ports.budget.allows(ports.deliveryMs)) return { fate: retrySoon("out-of-time") };
    const outcome = await sender.send(part);
    if (outcome === "delivered") for (const event of part) settleOnce(event, applied);
    return outcome;
  };
  const stop = await deliverOrIsolate(request, {
    deliver: deliverPart,
    settle: settleOnce,
    evidence: sender.evidence,
    random: ports.random,
  }).catch((error: unknown) => {
    // Thrown on, it would end the other requests of the batch too.
    ports.noteFault?.("request.deliver", error);
    return { fate: internalError };
  });
  if (stop) for (const event of request) settleOnce(event, stop.fate);
}
