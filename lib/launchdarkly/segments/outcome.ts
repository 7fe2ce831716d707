import type { WriteAnswer } from "../../audience/segment-writer.ts";
import type { HttpAnswer } from "../../http/session.ts";

/** What is kept of LaunchDarkly's words for the operator who reads the dead letter. */
const MAX_CAUSE_CHARS = 1_000;

/**
 * What an answer means for the segment. Every refusal leaves the segment as it was; of a failure that is unknown.
 * https://launchdarkly.com/docs/guides/integrations/build-synced-segments
 *
 * | status | answer |
 * |---|---|
 * | 2xx | applied |
 * | 400, 413, 422 | refused: halve it, and what is left alone is dead |
 * | 403 about approvals | forbidden: dead, a person has to decide |
 * | 3xx, 401, 403, 404 and the other 4xx | misconfigured |
 * | 409, 5xx | failed |
 * | 408, 502, 504 | unanswered: a gateway has given up, and the request may still take effect |
 * | 429 | limited |
 */
export function outcomeOf(answer: HttpAnswer, closedUntilMs: number): WriteAnswer {
  if (answer.kind !== "answered") return answer;
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: "applied" };
  if (status === 429) return { kind: "limited", notBeforeMs: closedUntilMs };
  if (status === 400 || status === 413 || status === 422) {
    return {
      kind: "refused",
      status,
      reason: "refused-by-launchdarkly",
      cause: body.slice(0, MAX_CAUSE_CHARS),
    };
  }
  if (status === 403 && /approval/i.test(body)) {
    return { kind: "forbidden", status, reason: "approval-required", cause: body.slice(0, MAX_CAUSE_CHARS) };
  }
  // A gateway that gave up waiting: what stands behind it may still do it.
  if (status === 408 || status === 502 || status === 504)
    return { kind: "unanswered", reason: `launchdarkly-${status}` };
  if (status >= 500 || status === 409) return { kind: "failed", status };
  return { kind: "misconfigured", reason: `launchdarkly-${status}` };
}
