import type { CallOutcome } from "../../http/destination-call.ts";

export type Patience = {
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told before LaunchDarkly's limits are waited for, with the time, Unix ms, at which they end. */
  readonly onLimit?: ((untilMs: number) => void) | undefined;
  /** How long all waiting of one call may take, in ms. */
  readonly longestWaitMs: number;
};

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;

/**
 * Makes a call that only reads until it has an answer: waits for limits as long as they say, and repeats what failed or got no
 * answer. Gives the last outcome when patience ends.
 */
export async function patientCall(
  call: () => Promise<CallOutcome>,
  { now, sleep, onLimit, longestWaitMs }: Patience,
): Promise<CallOutcome> {
  const giveUpMs = now() + longestWaitMs;
  for (let failures = 0; ; ) {
    const outcome = await call();
    switch (outcome.kind) {
      case "limited": {
        // A millisecond more than nothing: a limit that ends now is asked again, and no loop spins on it.
        const waitMs = Math.max(1, outcome.untilMs - now());
        if (now() + waitMs > giveUpMs) return outcome;
        onLimit?.(outcome.untilMs);
        await sleep(waitMs);
        break;
      }
      case "failed":
      case "gave-up":
      case "unanswered":
      case "unsent": {
        failures += 1;
        const waitMs = FIRST_PAUSE_MS * 2 ** (failures - 1);
        if (failures === ATTEMPTS || now() + waitMs > giveUpMs) return outcome;
        await sleep(waitMs);
        break;
      }
      case "credential-replaced":
        failures += 1;
        if (failures === ATTEMPTS) return outcome;
        break;
      case "taken":
      case "refused":
      case "misconfigured":
      case "closed":
      case "secret-unreadable":
        return outcome;
    }
  }
}

/** Why a call has no answer, as one word for outputs: the reasons that dead letters and metrics have. */
export function reasonOf(outcome: Exclude<CallOutcome, { readonly kind: "taken" }>): string {
  switch (outcome.kind) {
    case "refused":
    case "misconfigured":
    case "failed":
    case "gave-up":
      return `launchdarkly-${outcome.status}`;
    case "limited":
      return "rate-limited";
    case "unanswered":
    case "unsent":
      return outcome.reason;
    case "closed":
      return outcome.why;
    case "credential-replaced":
      return "token-rotated";
    case "secret-unreadable":
      return "secret-unreadable";
  }
}
