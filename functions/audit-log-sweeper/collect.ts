import type { Parcel, SendParcel } from "../../lib/connections/queues.ts";
import type { TimeBudget } from "../../lib/delivery/time-budget.ts";
import { reduceEntry } from "../../lib/flag-changes/reduce.ts";
import { isSelected } from "../../lib/flag-changes/select.ts";
import type { FlagChange } from "../../lib/messages/flag-changes.ts";
import { packFlagChanges } from "../../lib/messages/pack-items.ts";
import type { QueuedEntry } from "./cursors/cursor.ts";
import type { Feed } from "./destinations.ts";
import type { Tally } from "./tally.ts";

export type CollectPorts = {
  readonly budget: TimeBudget;
  /** Longest that one request to LaunchDarkly takes. */
  readonly requestMs: number;
  readonly send: SendParcel;
  readonly digest: (text: string) => string;
  readonly now: () => number;
};

/** The wanted part of the log: from `from` on and before `until`, Unix ms. */
export type Span = { readonly from: number; readonly until: number };

export type Wanted = {
  readonly feed: Pick<Feed, "connection" | "spec" | "only" | "log" | "queues">;
  readonly span: Span;
  readonly isHistorical: boolean;
};

export type Memory = { readonly isKnown: (id: string) => boolean; readonly tally: Tally };

export type Collected =
  /** With `later` the rest of the page, from the entry of this time down, is for another run. */
  | { readonly kind: "queued"; readonly queued: readonly QueuedEntry[]; readonly later?: Later }
  | { readonly kind: "unconfirmed" };

/** An entry that could not be completed now: its time, and why. */
type Later = { readonly at: number; readonly reason: string };

/**
 * Queues what a page holds for a feed: reduced, selected, and completed where the list tells less than the webhook did.
 * The page counts as queued only if the queue has confirmed every message.
 */
export async function collect(
  page: readonly unknown[],
  { feed, span, isHistorical }: Wanted,
  { isKnown, tally }: Memory,
  ports: CollectPorts,
): Promise<Collected> {
  const changes = new Map<string, FlagChange>();
  let later: Later | undefined;
  for (const change of newestFirst(readEntries(page, tally, ports))) {
    if (change.at < span.from || change.at >= span.until) continue;
    if (isKnown(change.id) || changes.has(change.id)) tally.known += 1;
    else if (!isSelected(change, feed.only)) tally.unselected += 1;
    else {
      const whole = await completed(change, feed, tally, ports);
      if (isLater(whole) && tally.queued + changes.size > 0) {
        later = whole;
        break;
      }
      // A run that cannot complete even one entry would never make progress: the list's copy is better than none.
      if (isLater(whole)) tally.incomplete += 1;
      changes.set(change.id, isLater(whole) ? change : whole);
    }
  }
  const bodies = packFlagChanges({
    connection: feed.connection,
    acceptedAt: ports.now(),
    ...(isHistorical && { isHistorical }),
    changes: [...changes.values()],
  });
  const areQueued = await Promise.all(
    feed.queues.map((queue) => isQueued({ queue, connection: feed.connection, bodies }, ports)),
  );
  if (!areQueued.every(Boolean)) return { kind: "unconfirmed" };
  tally.queued += changes.size;
  const queued = [...changes.values()].map(({ id, at }) => ({ id, at }));
  return { kind: "queued", queued, ...(later && { later }) };
}

async function isQueued(parcel: Parcel, { send }: CollectPorts): Promise<boolean> {
  const { bodies } = parcel;
  if (bodies.length === 0) return true;
  const outcomes = await send(parcel);
  return outcomes.length === bodies.length && outcomes.every(({ kind }) => kind === "confirmed");
}

/** Each entry as if it were a request of its own, so that it gets the same id as the webhook's copy. */
const alone = (digest: (text: string) => string) => ({ index: 0, digest });

function readEntries(page: readonly unknown[], tally: Tally, { digest }: CollectPorts): FlagChange[] {
  return page.flatMap((entry) => {
    tally.read += 1;
    const reduced = reduceEntry(entry, alone(digest));
    if (reduced.kind === "change") return [reduced.change];
    tally.unreadable += 1;
    return [];
  });
}

/** The list is sorted already, but how far a run came must not depend on that. */
function newestFirst(changes: readonly FlagChange[]): FlagChange[] {
  return [...changes].sort((a, b) => b.at - a.at);
}

/**
 * The list has no versions before and after, so of an edit of several things it does not tell whether the flag was turned
 * on or off. PostHog keeps the copy that comes last: it must not know less than the webhook's.
 */
async function completed(
  change: FlagChange,
  { log }: Pick<Feed, "log">,
  tally: Tally,
  { budget, requestMs, digest }: CollectPorts,
): Promise<FlagChange | Later> {
  const lacksDirection = change.accesses.some(({ action, on }) => action === "updateOn" && on === undefined);
  if (!lacksDirection || change.entryId === "") return change;
  if (!budget.allows(requestMs)) return { at: change.at, reason: "out-of-time" };
  const answer = await log.entry(change.entryId);
  if (answer.kind === "limited") return { at: change.at, reason: "rate-limited" };
  const reduced = answer.kind === "entry" ? reduceEntry(answer.entry, alone(digest)) : undefined;
  if (reduced?.kind === "change" && reduced.change.id === change.id) return reduced.change;
  tally.incomplete += 1;
  return change;
}

function isLater(outcome: FlagChange | Later): outcome is Later {
  return "reason" in outcome;
}
