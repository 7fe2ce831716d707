import type { HttpAnswer } from "../../http/session.ts";

/**
 * Why nothing could be read. `limited`: the headers say that no request may start before then. `misconfigured`: a person
 * has to act. `failed`: it may work the next time.
 */
export type ReadFailure =
  | { readonly kind: "limited"; readonly untilMs: number }
  | { readonly kind: "misconfigured"; readonly code: string }
  | { readonly kind: "failed"; readonly code: string };

/**
 * What an answer means for whoever reads.
 * https://launchdarkly.com/docs/api/audit-log/get-audit-log-entries
 *
 * | status | meaning |
 * |---|---|
 * | 200 | read |
 * | 429 | limited |
 * | 408, 5xx, no answer | failed |
 * | 3xx and the other 4xx | misconfigured: 401 token, 403 role, 400 the specifier, 404 the address of the instance |
 */
export function outcomeOf(
  answer: HttpAnswer,
  closedUntilMs: number,
): { readonly kind: "read"; readonly body: string } | ReadFailure {
  if (answer.kind !== "answered") return { kind: "failed", code: answer.reason };
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: "read", body };
  if (status === 429) return { kind: "limited", untilMs: closedUntilMs };
  const code = `launchdarkly-${status}`;
  return { kind: status >= 500 || status === 408 ? "failed" : "misconfigured", code };
}
