import { attributesOfCopy, type Delivery } from "./copied-record.ts";
import { type DeadLetter, letterOf } from "./dead-letter.ts";
import { type Fate, type RetryDelay, WAITING_REASONS } from "./fate.ts";
import { MAX_VISIBILITY_SECONDS, visibilitySeconds } from "./retry-delay.ts";

/** An item that still fails this long after it was put into the queue needs a person: SQS deletes it after 14 days. */
export const UNDELIVERABLE_MS = 12 * 24 * 3_600_000;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MAX_DELAY_SECONDS = 900;
/**
 * SQS itself moves a message to the dead-letter queue without a reason after 1,000 receives, the highest limit it takes. An
 * outage of days reaches that, so before then a new message replaces the worn one.
 */
export const RENEW_AFTER_RECEIVES = 900;
/** SQS deletes a message 14 days after it was sent. One that only waits must not end so: a new message replaces it. */
export const RENEW_AFTER_MS = 10 * 24 * 3_600_000;
/**
 * A message that comes again later than this goes on as a delayed copy: what is delayed does not count as in flight, of
 * which a queue has about 120,000. A copy costs a send and a delete where the visibility costs one call (each for ten
 * messages). At the longest backoff, drawn from 0 to 900 s, what stays in flight below 120 s is 2 % of what waits; below
 * 300 s it would be 11 %. Where an invocation dies between a copy and its original's end, both come: a duplicate delivery,
 * which the ledger, payload ids and PostHog's ids make harmless as any other.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const COPY_ABOVE_SECONDS = 120;

/** One message and what became of each item in it. */
export type RecordOutcome = Delivery & {
  /** When ingest accepted it, Unix ms; absent when the body cannot be read. */
  readonly acceptedAt?: number;
  readonly connection: string;
  /** When each item became true at its source, Unix ms, where it matters; absent when the body cannot be read. */
  readonly itemTimes?: readonly number[];
  readonly fates: readonly Fate[];
  /** The message with these of its items only, in the form that the queue takes. */
  readonly bodyOf: (items: readonly number[]) => string;
};

/** A message that replaces one that is done. */
export type Copy = {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly delaySeconds: number;
  readonly groupId?: string;
};

export type SettlePorts = {
  /** Each answers in the order of its argument whether SQS has confirmed the entry. */
  readonly sendDeadLetters: (letters: readonly DeadLetter[]) => Promise<readonly boolean[]>;
  readonly requeue: (copies: readonly Copy[]) => Promise<readonly boolean[]>;
  /** Best effort: a message whose visibility could not be set comes back when the queue's own timeout ends. */
  readonly setVisibility: (
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<void>;
  readonly service: string;
  readonly nowMs: number;
  readonly random: () => number;
};

export type BatchAnswer = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };

type Plan =
  | { readonly kind: "done" }
  | { readonly kind: "retry"; readonly seconds: number }
  /**
   * Dead items leave in letters; items to be retried go on in a copy. Then the original is done. If not all of it is confirmed,
   * the original comes again after `seconds`.
   */
  | {
      readonly kind: "part";
      readonly letters: readonly DeadLetter[];
      readonly rest?: Copy;
      readonly seconds: number;
    };

/**
 * Turns fates into the answer to SQS. A message is done only when every item is delivered or dropped, or its copies
 * in the dead-letter queue and the queue itself are confirmed: what is not provably done comes again.
 */
export async function settleBatch(
  outcomes: readonly RecordOutcome[],
  ports: SettlePorts,
): Promise<BatchAnswer> {
  const plans = outcomes.map((outcome) => plannedAlone(outcome, ports));
  const letters = plans.map((plan) => (plan.kind === "part" ? plan.letters : []));
  const lettersSent = regroup(letters, await ports.sendDeadLetters(letters.flat()));
  const rests = plans.map((plan) => (plan.kind === "part" && plan.rest ? [plan.rest] : []));
  const restsSent = regroup(rests, await ports.requeue(rests.flat()));
  const failed: { readonly outcome: RecordOutcome; readonly seconds: number }[] = [];
  outcomes.forEach((outcome, at) => {
    const plan = plans[at];
    if (plan?.kind === "done") return;
    if (plan?.kind === "part" && lettersSent[at] && restsSent[at]) return;
    failed.push({ outcome, seconds: plan?.seconds ?? 0 });
  });
  await ports.setVisibility(
    failed.map(({ outcome: { receiptHandle }, seconds }) => ({ receiptHandle, seconds })),
  );
  return { batchItemFailures: failed.map(({ outcome }) => ({ itemIdentifier: outcome.messageId })) };
}

/** What an item's fate is once it is known when ingest or a person put its message into the queue, Unix ms. */
export function agedFate(fate: Fate, queuedAtMs: number, nowMs: number): Fate {
  if (fate.kind !== "retry" || nowMs - queuedAtMs <= UNDELIVERABLE_MS) return fate;
  // Waiting for a limit, a hold or a turn is no failure, however long it takes.
  if (WAITING_REASONS.has(fate.reason)) return fate;
  return {
    kind: "dead",
    reason: "undeliverable",
    cause: `Not delivered for 12 days; the last reason was: ${fate.reason}`,
  };
}

/** A message of which no plan can be made comes again, and the others are settled. */
function plannedAlone(outcome: RecordOutcome, ports: SettlePorts): Plan {
  try {
    return planOf(outcome, ports);
  } catch {
    const { nowMs, random } = ports;
    const seconds = visibilitySeconds({ kind: "backoff" }, { nowMs, receives: outcome.receives, random });
    return { kind: "retry", seconds };
  }
}

function planOf(outcome: RecordOutcome, ports: SettlePorts): Plan {
  const dead = new Map<
    string,
    { readonly fate: Extract<Fate, { kind: "dead" }>; readonly items: number[] }
  >();
  const delays: RetryDelay[] = [];
  const retried: number[] = [];
  outcome.fates.forEach((fate, item) => {
    switch (fate.kind) {
      case "delivered":
      case "dropped":
        return;
      case "retry":
        delays.push(fate.delay);
        retried.push(item);
        return;
      case "dead": {
        const key = `${fate.reason} ${fate.status} ${fate.cause}`;
        const held = dead.get(key);
        if (held) held.items.push(item);
        else dead.set(key, { fate, items: [item] });
        return;
      }
    }
  });
  // One draw a message: the smallest of many draws would be no backoff at all.
  const drawn = ports.random();
  const receives = outcome.earlierReceives + outcome.receives;
  const moment = { nowMs: ports.nowMs, receives, random: () => drawn };
  // The item that can go first decides: the others find out cheaply that it is too early for them.
  const seconds = delays.reduce(
    (least, delay) => Math.min(least, visibilitySeconds(delay, moment)),
    MAX_VISIBILITY_SECONDS,
  );
  const isWornOut =
    outcome.receives >= RENEW_AFTER_RECEIVES || ports.nowMs - outcome.sentAtMs >= RENEW_AFTER_MS;
  if (dead.size === 0 && retried.length === 0) return { kind: "done" };
  if (dead.size === 0 && !isWornOut && seconds <= COPY_ABOVE_SECONDS) return { kind: "retry", seconds };
  const letters = [...dead.values()].map(({ fate, items }) =>
    letterOf(outcome, { fate, items, destination: ports.service, nowMs: ports.nowMs }),
  );
  if (retried.length === 0)
    return { kind: "part", letters, seconds: visibilitySeconds({ kind: "backoff" }, moment) };
  // A later time is reached in steps: the next attempt finds out, cheaply, that it is too early.
  const delaySeconds = Math.min(seconds, MAX_DELAY_SECONDS);
  const rest = {
    body: outcome.bodyOf(retried),
    attributes: attributesOfCopy(outcome, ports.nowMs),
    delaySeconds,
    ...(outcome.groupId !== undefined && { groupId: outcome.groupId }),
  };
  return { kind: "part", letters, rest, seconds };
}

/** Whether all of each group were confirmed, from the flat list of confirmations. */
function regroup(groups: readonly (readonly unknown[])[], confirmed: readonly boolean[]): boolean[] {
  let next = 0;
  return groups.map((group) => {
    const slice = confirmed.slice(next, next + group.length);
    next += group.length;
    return slice.length === group.length && slice.every(Boolean);
  });
}
