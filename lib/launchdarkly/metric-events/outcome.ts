import { type Fate, retryWithBackoff } from "../../delivery/fate.ts";
import type { HttpAnswer } from "../../delivery/http-session.ts";
import type { Refusal } from "../../delivery/isolate.ts";

const MAX_CAUSE_CHARS = 1_000;

/**
 * What an answer means for the events of a request.
 * https://launchdarkly.com/docs/home/metrics/import-events
 *
 * | status | meaning |
 * |---|---|
 * | 202 and other 2xx | delivered: accepted, and counted or not by rules of LaunchDarkly's own |
 * | 400, 413, 422 | refused, nothing was accepted: halve it, and what is left alone is dead |
 * | 408, 5xx, no answer | retried |
 * | 429 | retried when the limit ends |
 * | 3xx, 401, 403, 404, 406 and the other 4xx | configuration: retried every 15 minutes, never dead |
 */
export function outcomeOf(
  answer: HttpAnswer,
  closedUntilMs: number | undefined,
): "delivered" | Refusal | { readonly fate: Fate } {
  if (answer.kind !== "answered") return { fate: retryWithBackoff(answer.reason) };
  const { status, body } = answer;
  if (status >= 200 && status < 300) return "delivered";
  if (status === 429) return { fate: retryWithBackoff("rate-limited", closedUntilMs) };
  if (status === 400 || status === 413 || status === 422) {
    return {
      kind: "refused",
      status,
      reason: "refused-by-launchdarkly",
      cause: body.slice(0, MAX_CAUSE_CHARS),
    };
  }
  if (status >= 500 || status === 408)
    return { fate: retryWithBackoff(`launchdarkly-${status}`, closedUntilMs) };
  return { fate: { kind: "retry", reason: `launchdarkly-${status}`, delay: { kind: "configuration" } } };
}
