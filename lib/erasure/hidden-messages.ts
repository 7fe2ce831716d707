import type { QueueAt } from "../../lib/erasure/send-changes.ts";
import type { Obstacle } from "./receipt.ts";

/**
 * How long after a request something older may still be in audience-batcher's hands for the first time: a batching window of 60 s and
 * the function's 60 s (infra/queues.cjs). By then it is done, delayed, or to be received.
 */
const IN_HAND_MS = 120_000;

export type HiddenMessages = {
  /** The environments with operations that are delayed. */
  readonly delayed: ReadonlySet<string>;
  readonly inFlight: boolean;
};

/**
 * Whether operations are not there to be received. Of somebody who is new to a segment neither the ledger nor LaunchDarkly knows
 * anything before they are carried out, and no removal is in the segment to keep them out.
 */
export async function hiddenMessages({
  bundle,
  countQueue,
}: {
  readonly bundle: { readonly queues: readonly QueueAt[] };
  readonly countQueue: (queueUrl: string) => Promise<{ readonly inFlight: number; readonly delayed: number }>;
}): Promise<HiddenMessages> {
  const queues = bundle.queues.filter(({ kind }) => kind === "audience-operations");
  const counts = await Promise.all(queues.map(({ url }) => countQueue(url)));
  return {
    delayed: new Set(
      queues.filter((_, at) => (counts[at]?.delayed ?? 0) > 0).map(({ destination }) => destination),
    ),
    inFlight: counts.some(({ inFlight }) => inFlight > 0),
  };
}

/** What they are to a request that was accepted `ageMs` before they were counted. */
export function obstaclesOfHidden({ delayed, inFlight }: HiddenMessages, ageMs: number): readonly Obstacle[] {
  return [
    ...(delayed.size > 0 ? (["delayed-messages"] as const) : []),
    // In a busy queue there is always something in flight.
    ...(inFlight && ageMs < IN_HAND_MS ? (["messages-in-hand"] as const) : []),
  ];
}
