import type { DestinationQueue } from "../connections/queues.ts";
import { COPY_ABOVE_SECONDS } from "../delivery/settle.ts";

/** What SQS says of a queue. */
export type CountQueue = (queueUrl: string) => Promise<{
  readonly waiting: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** For how long a message that somebody has received is not there for others, in ms. */
  readonly visibilityMs: number;
}>;

export type HiddenMessages = {
  /** The environments with operations that are delayed. */
  readonly delayed: ReadonlySet<string>;
  readonly hasDelayedEvents: boolean;
  readonly inFlight: boolean;
  /**
   * How long a function may have something in its hands, in ms: until the visibility timeout when it is killed, and after a failure or two
   * for as long as a retry is not yet a delayed copy. By then it is done, delayed, dead, or was there to be received.
   */
  readonly inHandMs: number;
};

export type CountPorts = {
  readonly bundle: {
    readonly queues: readonly (DestinationQueue & {
      readonly url: string;
      readonly deadLetters: { readonly url: string };
    })[];
  };
  readonly countQueue: CountQueue;
};

/**
 * Whether messages that may name a person are not there to be received. Of somebody who is new to a segment neither the ledger nor
 * LaunchDarkly knows anything before they are carried out, and no removal is in the segment to keep them out.
 */
export async function hiddenMessages({ bundle, countQueue }: CountPorts): Promise<HiddenMessages> {
  const queues = bundle.queues.filter(holdsKeys);
  const counts = await Promise.all(
    queues.map(async (queue) => ({ ...queue, ...(await countQueue(queue.url)) })),
  );
  const delayed = counts.filter((queue) => queue.delayed > 0);
  return {
    delayed: new Set(
      delayed.flatMap(({ kind, destination }) => (kind === "audience-operations" ? [destination] : [])),
    ),
    hasDelayedEvents: delayed.some(({ kind }) => kind === "metric-events"),
    inFlight: counts.some(({ inFlight }) => inFlight > 0),
    inHandMs: Math.max(0, ...counts.map(({ visibilityMs }) => visibilityMs)) + 2 * COPY_ABOVE_SECONDS * 1_000,
  };
}

/** What was hidden at either of two moments: what is taken after the first may be back before the second. */
export function eitherHidden(first: HiddenMessages, second: HiddenMessages): HiddenMessages {
  return {
    delayed: new Set([...first.delayed, ...second.delayed]),
    hasDelayedEvents: first.hasDelayedEvents || second.hasDelayedEvents,
    inFlight: first.inFlight || second.inFlight,
    inHandMs: second.inHandMs,
  };
}

/** Whether anything is delayed. */
export function isDelayed({ delayed, hasDelayedEvents }: HiddenMessages): boolean {
  return delayed.size > 0 || hasDelayedEvents;
}

/** Whether somebody else, an operator or an erasure, walks through dead letters: what they hold is not seen here. */
export async function areLettersHeld({ bundle, countQueue }: CountPorts): Promise<boolean> {
  const queues = bundle.queues.filter(holdsKeys);
  const counts = await Promise.all(queues.map(({ deadLetters }) => countQueue(deadLetters.url)));
  return counts.some(({ inFlight }) => inFlight > 0);
}

/** What is sent to PostHog holds no context keys; and whom an erasure is about has to be known until it is done. */
export function holdsKeys({ kind }: DestinationQueue): boolean {
  return kind === "audience-operations" || kind === "metric-events";
}
