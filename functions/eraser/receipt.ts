import type { Fate } from "../../lib/delivery/fate.ts";
import { retryWithBackoff } from "../../lib/delivery/fate.ts";
import type { OutOfReach, SegmentOfPerson } from "../../lib/erasure/find.ts";
import { BACKUP_MS, ENTRY_MS } from "../../lib/erasure/kept.ts";
import type { RemovalProblem } from "../../lib/erasure/remove.ts";
import { type ErasureRequestMessage, erasureIdOf } from "../../lib/messages/erasure-request.ts";
import type { LogFields } from "../../lib/observability/log.ts";

/** What is in the way of an erasure. Those that pass bring its message again; the others are out of reach. */
export type Obstacle =
  | RemovalProblem["kind"]
  | OutOfReach
  | "sweep-failed"
  | "sweep-unfinished"
  | "letters-in-other-hands"
  | "delayed-messages"
  | "messages-in-hand"
  | "unclear-messages"
  | "unreadable";

/** Whether a further attempt may find it gone. Documented in docs/errors.md. */
export const PASSES = {
  // The audience-batcher carries the removal out, or LaunchDarkly shows it, later.
  waiting: true,
  dead: true,
  busy: true,
  "not-queued": true,
  "added-again": true,
  "still-there": true,
  unread: true,
  "sweep-failed": true,
  "sweep-unfinished": true,
  "letters-in-other-hands": true,
  "delayed-messages": true,
  "messages-in-hand": true,
  // Nothing but a person changes these.
  "no-way": false,
  unreadable: false,
  environment: false,
  digest: false,
  "unclear-messages": false,
} satisfies Record<Obstacle, boolean>;

/** What one attempt found and did for one erasure. */
export type Attempt = {
  readonly request: ErasureRequestMessage;
  /** Where the person was, in this attempt or those before it. */
  readonly removedFrom: readonly SegmentOfPerson[];
  readonly deadLetters: number;
  readonly waitingMessages: number;
  readonly obstacles: readonly Obstacle[];
};

/** An attempt's outcome: whether the erasure is done, and its line in the log, which names no key. */
export type Receipt = { readonly isDone: boolean; readonly fields: LogFields };

/** What else may know the person, and has to be asked by itself: docs/security.md. */
const NOT_OURS = ["launchdarkly-contexts", "launchdarkly-events", "posthog-person", "the-source"] as const;

export function receiptOf(attempt: Attempt, nowMs: number): Receipt {
  const { request, removedFrom, deadLetters, waitingMessages, obstacles } = attempt;
  const open = obstacles.filter((one) => PASSES[one]);
  const outOfReach = obstacles.filter((one) => !PASSES[one]);
  const { requestId, index, connection, acceptedAt } = request;
  const common = {
    erasure: erasureIdOf(request),
    requestId,
    index,
    connection,
    acceptedAt: isoOf(acceptedAt),
    segments: segmentsOf(removedFrom),
    deadLetters,
    waitingMessages,
  };
  if (open.length > 0) return { isDone: false, fields: { ...common, open: counted(open) } };
  return {
    isDone: true,
    fields: {
      ...common,
      confirmed: outOfReach.every((one) => one === "unclear-messages"),
      outOfReach: counted(outOfReach),
      notOurs: NOT_OURS,
      removalsKeptUntil: isoOf(nowMs + ENTRY_MS),
      backupsUntil: isoOf(nowMs + BACKUP_MS),
    },
  };
}

/** A batching window of 60 s and the function's 60 s (infra/queues.cjs): so long it takes where nothing goes wrong. */
const USUALLY_IN_HAND_MS = 120_000;
/** Each look is a scan of the ledger: four of them come soon, and those that wait for the hands of a function that was killed do not. */
const IN_HAND_AGAIN_MS = 30_000;
const IN_HAND_LATER_MS = 150_000;

/** Without an end of its own: after 12 days its message is a dead letter, which has the person's keys. */
export function fateOf(
  { isDone }: Receipt,
  { request, removedFrom, deadLetters, waitingMessages, obstacles }: Attempt,
  nowMs: number,
): Fate {
  if (!isDone && obstacles.every((one) => !PASSES[one] || one === "messages-in-hand")) {
    const againMs = nowMs - request.acceptedAt < USUALLY_IN_HAND_MS ? IN_HAND_AGAIN_MS : IN_HAND_LATER_MS;
    return {
      kind: "retry",
      reason: "waiting-for-older-messages",
      delay: { kind: "at", atMs: nowMs + againMs },
    };
  }
  if (!isDone) return retryWithBackoff("erasure-unconfirmed");
  const isFound = removedFrom.length + deadLetters + waitingMessages > 0;
  return { kind: "delivered", how: isFound ? "applied" : "unchanged" };
}

/** How many segments in each environment; `none` of a person whom no segment had. */
function segmentsOf(removedFrom: readonly SegmentOfPerson[]): LogFields | "none" {
  const names = new Map<string, Set<string>>();
  for (const { place } of removedFrom) {
    const own = names.get(place.environment) ?? new Set();
    names.set(place.environment, own.add(place.ledgerSegment.segment));
  }
  if (names.size === 0) return "none";
  return Object.fromEntries([...names].map(([environment, segments]) => [environment, segments.size]));
}

function counted(obstacles: readonly Obstacle[]): LogFields {
  const counts: Record<string, number> = {};
  for (const one of obstacles) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
