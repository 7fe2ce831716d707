import type { LocalFunction } from "./local-function.ts";

/** How far clocks may be apart: functions/audience-batcher keeps as much of every hold for it. */
const SKEW_MS = 1_000;

/**
 * The functions with a hold of another length. Whatever waits for a clock waits for it: a function has half of it for an
 * invocation (its queue's visibility timeout is six times that), a request a tenth, and a request without an answer
 * four fifths, less the skew of clocks, to land in. What is left of it, a tenth, pays for the calls in between. With 20 s it is
 * what functions.ts says.
 */
export function withHold(functions: readonly LocalFunction[], holdSeconds: number): readonly LocalFunction[] {
  const holdMs = Math.round(holdSeconds * 1_000);
  const times: Readonly<Record<string, number>> = {
    HOLD_MS: holdMs,
    REQUEST_TIMEOUT_MS: Math.round(holdMs / 10),
    LANDING_MS: Math.round(holdMs * 0.8) - SKEW_MS,
  };
  return functions.map((one) => ({
    ...one,
    timeoutMs: Math.round(holdMs / 2),
    variables: (stack) => {
      const variables = one.variables(stack);
      const changed = Object.entries(times).filter(([name]) => name in variables);
      return { ...variables, ...Object.fromEntries(changed.map(([name, ms]) => [name, String(ms)])) };
    },
  }));
}
