import type { Fate, RetryDelay } from "./fate.ts";
import { MAX_VISIBILITY_SECONDS, visibilitySeconds } from "./retry-delay.ts";

/** After this long an item that still cannot be delivered needs a person: the queue itself forgets after 14 days. */
export const UNDELIVERABLE_MS = 12 * 24 * 3_600_000;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MAX_DELAY_SECONDS = 900;
/**
 * SQS itself moves a message to the dead-letter queue after 1,000 receives, the most it can be told, without a reason.
 * An outage of days comes to that many, so before it what is left goes on in a fresh message.
 */
export const RENEW_AFTER_RECEIVES = 900;

/** One message and what became of each item in it. */
export type RecordOutcome = {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** ApproximateReceiveCount. */
  readonly receives: number;
  /** When ingest accepted it, Unix ms; absent when the body cannot be read. */
  readonly acceptedAt?: number;
  readonly firstReceivedAtMs: number;
  readonly connection: string;
  /** When each item became true at its source, Unix ms, where it matters; absent when the body cannot be read. */
  readonly itemTimes?: readonly number[];
  readonly fates: readonly Fate[];
  /** The message with these of its items only, in the form that the queue takes. */
  readonly bodyOf: (items: readonly number[]) => string;
};

export type DeadLetter = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

export type SettlePorts = {
  /** Each answers in the order of its argument whether SQS has confirmed the entry. */
  readonly sendDeadLetters: (letters: readonly DeadLetter[]) => Promise<readonly boolean[]>;
  readonly requeue: (
    messages: readonly { readonly body: string; readonly delaySeconds: number }[],
  ) => Promise<readonly boolean[]>;
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
  /** What is dead leaves; what is to be retried goes on in a message of its own. Then the original is done. */
  | {
      readonly kind: "part";
      readonly letters: readonly DeadLetter[];
      readonly rest?: { readonly body: string; readonly delaySeconds: number };
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
    const seconds =
      plan?.kind === "retry"
        ? plan.seconds
        : visibilitySeconds({ kind: "backoff" }, { ...ports, receives: outcome.receives });
    failed.push({ outcome, seconds });
  });
  await ports.setVisibility(
    failed.map(({ outcome: { receiptHandle }, seconds }) => ({ receiptHandle, seconds })),
  );
  return { batchItemFailures: failed.map(({ outcome }) => ({ itemIdentifier: outcome.messageId })) };
}

/** What an item's fate is once the age of its message is known. */
export function agedFate(fate: Fate, acceptedAt: number | undefined, nowMs: number): Fate {
  if (fate.kind !== "retry" || acceptedAt === undefined || nowMs - acceptedAt <= UNDELIVERABLE_MS)
    return fate;
  // Waiting for its turn is no failure: a message that a person has just put back must get it.
  if (fate.delay.kind === "soon" || fate.delay.kind === "at") return fate;
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
    return {
      kind: "retry",
      seconds: visibilitySeconds({ kind: "backoff" }, { ...ports, receives: outcome.receives }),
    };
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
  const moment = { nowMs: ports.nowMs, receives: outcome.receives, random: () => drawn };
  // The item that can go first decides: the others find out cheaply that it is too early for them.
  const seconds = delays.reduce(
    (least, delay) => Math.min(least, visibilitySeconds(delay, moment)),
    MAX_VISIBILITY_SECONDS,
  );
  const isWornOut = outcome.receives >= RENEW_AFTER_RECEIVES;
  if (dead.size === 0 && retried.length === 0) return { kind: "done" };
  if (dead.size === 0 && !isWornOut) return { kind: "retry", seconds };
  const letters = [...dead.values()].map(({ fate, items }) => letterOf(outcome, fate, items, ports));
  if (retried.length === 0) return { kind: "part", letters };
  return {
    kind: "part",
    letters,
    rest: { body: outcome.bodyOf(retried), delaySeconds: Math.min(seconds, MAX_DELAY_SECONDS) },
  };
}

function letterOf(
  outcome: RecordOutcome,
  fate: Extract<Fate, { kind: "dead" }>,
  items: readonly number[],
  ports: SettlePorts,
): DeadLetter {
  return {
    body: outcome.bodyOf(items),
    attributes: {
      reason: fate.reason,
      cause: fate.cause === "" ? "(no answer body)" : sendable(fate.cause),
      ...(fate.status !== undefined && { status: String(fate.status) }),
      destination: ports.service,
      // Whoever writes to the queue by hand may call it anything.
      connection: sendable(outcome.connection.slice(0, MAX_NAME_CHARS)),
      // The batch's line in the log has it too, beside the invocation's id.
      messageId: outcome.messageId,
      firstAttemptAt: new Date(outcome.firstReceivedAtMs).toISOString(),
      lastAttemptAt: new Date(ports.nowMs).toISOString(),
    },
  };
}

/** Longer than the name of any connection. */
const MAX_NAME_CHARS = 100;

/**
 * What SQS takes of a text: no control characters but tab and line ends, no half of a surrogate pair, no U+FFFE and
 * U+FFFF. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function sendable(text: string): string {
  return text.toWellFormed().replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, " ");
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
