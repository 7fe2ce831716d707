import type { PassingFailure } from "../../table/calls.ts";

/** DynamoDB could not be read or written in time. The cause has the error of the last attempt. */
export class LedgerUnavailableError extends Error {
  override readonly name = "LedgerUnavailableError";
}

export type RetryPorts = {
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
};

/** DynamoDB stops throttling within about a second; the queue waits for anything longer. */
export const MAX_ATTEMPTS = 6;

/** Full jitter up to 50, 100, 200, 400, 800 ms: so callers that were throttled together do not retry together. */
export async function pauseAfter(attempt: number, { sleep, random }: RetryPorts): Promise<void> {
  await sleep(random() * 50 * 2 ** attempt);
}

/**
 * Repeats a call until DynamoDB answers it. Only for calls that are harmless if an unanswered one takes effect late:
 * reads, and updates whose condition names the hold they are for.
 *
 * @throws {LedgerUnavailableError} after `attempts` attempts, by default {@link MAX_ATTEMPTS}
 */
export async function untilAnswered<Answer extends { readonly kind: string }>(
  call: () => Promise<Answer | PassingFailure>,
  ports: RetryPorts,
  attempts = MAX_ATTEMPTS,
): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await call();
    if (!isPassing(answer)) return answer;
    if (attempt + 1 === attempts) throw unavailable("did not answer", answer.cause);
    await pauseAfter(attempt, ports);
  }
}

export function isPassing(answer: { readonly kind: string } | PassingFailure): answer is PassingFailure {
  return answer.kind === "unavailable" || answer.kind === "unanswered";
}

export function unavailable(what: string, cause?: Error): LedgerUnavailableError {
  return new LedgerUnavailableError(`The ledger table ${what}`, cause === undefined ? {} : { cause });
}
