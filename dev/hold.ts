import type { LocalFunction } from "./local-function.ts";

/** A request to LaunchDarkly has 2 s however long a hold lasts, and clocks may be a second apart. */
const REQUEST_MS = 2_000;
const SKEW_MS = 1_000;

/**
 * The functions with a hold of another length, and with the times that go with it. A function has two fifths of a hold for an
 * invocation, and the time of one request; six times that is its queue's visibility timeout, so that a shorter hold also
 * shortens what a `kill -9` delays. A request without an answer may land until only a tenth of the hold is left, which pays for the
 * calls in between. With 20 s it is all as functions.ts says.
 */
export function withHold(functions: readonly LocalFunction[], holdSeconds: number): readonly LocalFunction[] {
  const holdMs = Math.round(holdSeconds * 1_000);
  const landingMs = Math.round(holdMs * 0.9) - REQUEST_MS - SKEW_MS;
  return functions.map((one) => ({
    ...one,
    timeoutMs: Math.round(holdMs * 0.4) + REQUEST_MS,
    variables: (stack) => {
      const variables = one.variables(stack);
      if (!("HOLD_MS" in variables)) return variables;
      return { ...variables, HOLD_MS: String(holdMs), LANDING_MS: String(landingMs) };
    },
  }));
}
