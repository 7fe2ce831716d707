import { wasReplaced } from "../http/credential.ts";
import { afterAnswer, closedUntil, type LimitStore } from "../http/rate-limit.ts";
import type { HttpAnswer } from "../http/session.ts";
import { type Fate, retryWithBackoff, secretUnreadable } from "./fate.ts";
import { noEvidence, type Refusal } from "./isolate.ts";
import type { EventSender, WrittenEvent } from "./lane.ts";

export type CallPorts = {
  readonly now: () => number;
  readonly limit: LimitStore;
  /** What the destination may count such requests by, whoever sends them. */
  readonly route?: string;
  /** What a request proves itself with; `after` is one that was refused. Absent where requests need none. */
  readonly credential?: ((after?: string) => Promise<string>) | undefined;
  /** Whom a refusal is by, in reasons. */
  readonly destination: string;
  /** Statuses that are about what was sent: nothing of it was taken. */
  readonly refusals: readonly number[];
};

/** A call that a limit forbids, or whose credential cannot be read, is not made. */
export type CallOutcome =
  | { readonly kind: "taken"; readonly body: string }
  | Refusal
  | { readonly kind: "stopped"; readonly fate: Fate };

/** Calls what a limit allows, learns from the answer, and reads the credential again when it is refused. */
export async function guardedCall(
  call: (credential: string | undefined) => Promise<HttpAnswer>,
  ports: CallPorts,
): Promise<CallOutcome> {
  const { credential, limit, now, route } = ports;
  // The limit of a token that has been replaced meanwhile is known only when the new one has been read.
  const early = closedUntil(limit.get({ route }), now());
  if (early !== undefined) return stopped(retryWithBackoff("rate-limited", early));
  let secret: string | undefined;
  try {
    secret = await credential?.();
  } catch {
    // The reader has logged which secret and why.
    return stopped(secretUnreadable);
  }
  const counted = { route, token: secret };
  const closed = closedUntil(limit.get(counted), now());
  if (closed !== undefined) return stopped(retryWithBackoff("rate-limited", closed));
  const answer = await call(secret);
  const nowMs = now();
  if (answer.kind === "answered") {
    limit.set(afterAnswer(limit.get(counted), { ...answer, nowMs }), counted);
    if (
      answer.status === 401 &&
      credential &&
      secret !== undefined &&
      (await wasReplaced(secret, credential))
    )
      return stopped(retryWithBackoff("token-rotated"));
  }
  return outcomeOf(answer, { ...ports, closedUntilMs: closedUntil(limit.get(counted), nowMs) });
}

/** Sends events by {@link guardedCall}s. */
export function eventSenderOf(
  ports: CallPorts & {
    readonly post: (events: readonly WrittenEvent[], credential: string | undefined) => Promise<HttpAnswer>;
  },
): EventSender {
  return {
    evidence: noEvidence(),
    send: async (events) => {
      const outcome = await guardedCall((credential) => ports.post(events, credential), ports);
      return outcome.kind === "taken" ? "delivered" : outcome;
    },
  };
}

const MAX_CAUSE_CHARS = 1_000;

/**
 * | status | meaning |
 * |---|---|
 * | 2xx | taken |
 * | those of `refusals` | refused |
 * | 429 | retried when the limit ends |
 * | 408, 5xx, no answer | retried, not before `Retry-After` |
 * | 3xx and the other 4xx | configuration: retried every 15 minutes, never dead |
 */
function outcomeOf(
  answer: HttpAnswer,
  {
    destination,
    refusals,
    closedUntilMs,
  }: Pick<CallPorts, "destination" | "refusals"> & { readonly closedUntilMs: number | undefined },
): CallOutcome {
  if (answer.kind !== "answered") return stopped(retryWithBackoff(answer.reason));
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: "taken", body };
  if (status === 429) return stopped(retryWithBackoff("rate-limited", closedUntilMs));
  if (refusals.includes(status)) {
    const cause = body.slice(0, MAX_CAUSE_CHARS);
    return { kind: "refused", status, reason: `refused-by-${destination}`, cause };
  }
  const reason = `${destination}-${status}`;
  if (status >= 500 || status === 408) return stopped(retryWithBackoff(reason, closedUntilMs));
  return stopped({ kind: "retry", reason, delay: { kind: "configuration" } });
}

function stopped(fate: Fate): { readonly kind: "stopped"; readonly fate: Fate } {
  return { kind: "stopped", fate };
}
