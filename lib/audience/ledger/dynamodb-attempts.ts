import type { PassingFailure } from "../../table/calls.ts";

/** The ledger could not be read or written in the time it had. The cause says what the last attempt met. */
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

/** DynamoDB's throttling passes within about a second; what lasts longer is for the queue to wait out. */
export const MAX_ATTEMPTS = 6;

/** Full jitter up to 50, 100, 200, 400, 800 ms: many callers that were throttled together do not come back together. */
export async function pauseAfter(attempt: number, { sleep, random }: RetryPorts): Promise<void> {
  await sleep(random() * 50 * 2 ** attempt);
}

/**
 * Repeats a call until DynamoDB answers it. Only for calls that do no harm when one that got no answer lands late:
 * reads, and updates whose condition names the hold they are for.
 *
 * @throws {LedgerUnavailableError} after so many attempts, {@link MAX_ATTEMPTS} unless told otherwise
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
