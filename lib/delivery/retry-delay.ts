import type { RetryDelay } from "./fate.ts";

/** The longest backoff: with more than a quarter of an hour a recovery would be noticed too late. */
export const MAX_BACKOFF_MS = 900_000;
/** Doubled with every receive of the message. */
export const BASE_BACKOFF_MS = 2_000;
/** How often a request is retried that needs a person. */
export const CONFIGURATION_DELAY_MS = 900_000;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
export const MAX_VISIBILITY_SECONDS = 43_200;

export type RetryMoment = {
  readonly nowMs: number;
  /** SQS's ApproximateReceiveCount: 1 at the first attempt. */
  readonly receives: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
};

/**
 * How long a message stays invisible, in whole seconds, before its next attempt.
 *
 * | delay | seconds |
 * |---|---|
 * | `soon` | 2–5: a busy segment is free again within one or two |
 * | `backoff` | full jitter up to min(900, 2 · 2^receives), and not before a limit resets or a stalled hold ends |
 * | `at` | until then, and up to one second more, so that waiting senders do not all start together |
 * | `configuration` | 900 |
 */
export function visibilitySeconds(delay: RetryDelay, moment: RetryMoment): number {
  const seconds = Math.ceil(delayMs(delay, moment) / 1_000);
  return Math.min(Math.max(seconds, 0), MAX_VISIBILITY_SECONDS);
}

function delayMs(delay: RetryDelay, { nowMs, receives, random }: RetryMoment): number {
  switch (delay.kind) {
    case "soon":
      return 2_000 + random() * 3_000;
    case "configuration":
      return CONFIGURATION_DELAY_MS;
    case "at":
      return delay.atMs - nowMs + random() * 1_000;
    case "backoff": {
      const ceiling = Math.min(MAX_BACKOFF_MS, BASE_BACKOFF_MS * 2 ** receives);
      const jittered = random() * ceiling;
      return Math.max(jittered, delay.notBeforeMs === undefined ? 0 : delay.notBeforeMs - nowMs);
    }
  }
}
