import type { Dice } from "./dice.ts";
import type { FeedName, Secrets } from "./feeds.ts";
import { drawOperations, type Operation } from "./operations.ts";
import { type FeedRequest, requestOf } from "./request-body.ts";
import { dueMsOf, type Scale } from "./scale.ts";

export type PlannedRequest = FeedRequest & {
  /** From the start of the run. */
  readonly dueMs: number;
  /**
   * What it waits for, when that is late. `kills`: it holds a member that is poisoned to the end, which a stack that is
   * killed forgets. `storm`: it is for the calm.
   */
  readonly after: "nothing" | "kills" | "storm";
};

/** Everything that a run sends, in the order in which it is due. */
export function planRequests(
  scale: Scale,
  dice: Dice,
  secrets: Secrets,
  startMs: number,
): readonly PlannedRequest[] {
  const firstMs = startMs - 7_200_000;
  const requests = [
    ...operationRequests(drawOperations(scale, dice, secrets, firstMs), scale, dice, secrets),
    ...eventRequests(scale, dice, secrets, firstMs),
  ];
  const repeats = requests
    .filter(() => dice.chance(0.05))
    .map((request) => ({ ...request, dueMs: request.dueMs + dice.between(0, scale.stormMs / 4) }));
  return [...requests, ...repeats].sort((a, b) => a.dueMs - b.dueMs);
}

function operationRequests(
  operations: readonly Operation[],
  scale: Scale,
  dice: Dice,
  secrets: Secrets,
): readonly PlannedRequest[] {
  const open = new Map<FeedName, { readonly size: number; readonly operations: Operation[] }>();
  const requests: PlannedRequest[] = [];
  const close = (feed: FeedName, taken: readonly Operation[], dueMs: number): void => {
    open.delete(feed);
    // Late, so that newer ones are there before it.
    const isLate = dueMs < scale.stormMs && dice.chance(0.15);
    requests.push({
      ...requestOf(feed, { operations: taken, events: [] }, secrets),
      dueMs: isLate ? Math.min(scale.stormMs, dueMs + dice.between(0, scale.stormMs / 3)) : dueMs,
      after: afterWhat(dueMs, scale, taken),
    });
  };
  operations.forEach((operation, number) => {
    const { feed } = operation;
    const held = open.get(feed) ?? { size: dice.between(1, 100), operations: [] };
    open.set(feed, held);
    held.operations.push(operation);
    if (held.operations.length >= held.size)
      close(feed, held.operations, dueMsOf(number, operations.length, scale));
  });
  for (const [feed, { operations: rest }] of [...open]) close(feed, rest, scale.stormMs + scale.calmMs);
  return requests;
}

function afterWhat(
  dueMs: number,
  { stormMs }: Scale,
  operations: readonly Operation[] = [],
): PlannedRequest["after"] {
  if (dueMs >= stormMs) return "storm";
  return operations.some(({ poison }) => poison === "incurable") ? "kills" : "nothing";
}

const FEEDS_WITH_METRICS: readonly [FeedName, FeedName] = ["own-synced", "engage"];
/** Of 50 events or more the payload id is always the same. */
const LARGE = [50, 110] as const;
const SMALL = [1, 5] as const;

function eventRequests(
  scale: Scale,
  dice: Dice,
  secrets: Secrets,
  firstMs: number,
): readonly PlannedRequest[] {
  const requests: PlannedRequest[] = [];
  for (let first = 0; first < scale.events; ) {
    const left = scale.events - first;
    const once = left >= LARGE[1] && dice.chance(0.5);
    const [least, most] = once ? LARGE : SMALL;
    const size = Math.min(left, dice.between(least, most));
    const start = first;
    const events = Array.from({ length: size }, (_, offset) => ({
      number: start + offset,
      member: `${secrets.mark}-buyer-${dice.between(1, 500)}`,
      atMs: firstMs + start + offset,
      once,
    }));
    first += size;
    const dueMs = dueMsOf(first - 1, scale.events, scale);
    requests.push({
      ...requestOf(dice.pick(FEEDS_WITH_METRICS), { operations: [], events }, secrets),
      dueMs,
      after: afterWhat(dueMs, scale),
    });
  }
  return requests;
}
