import type { Closed } from "../http/breaker.ts";

/**
 * What became of one item. `retry` keeps its message in the queue; `dead` sends a copy to the dead-letter
 * queue, and only because of the item itself or its age: a fault of configuration is a `retry`.
 */
export type Fate =
  | { readonly kind: "delivered"; readonly how: "applied" | "unchanged" | "stale" }
  | { readonly kind: "dropped"; readonly reason: string }
  | { readonly kind: "retry"; readonly reason: string; readonly delay: RetryDelay }
  | { readonly kind: "dead"; readonly reason: string; readonly cause: string; readonly status?: number };

/**
 * When the next attempt makes sense. `backoff`: full jitter by the number of receives, and not before `notBeforeMs`.
 * `soon`: 2–5 s, the segment was busy. `configuration`: 15 minutes, a person has to act. `at`: not before a known time.
 */
export type RetryDelay =
  | { readonly kind: "backoff"; readonly notBeforeMs?: number }
  | { readonly kind: "soon" }
  | { readonly kind: "configuration" }
  | { readonly kind: "at"; readonly atMs: number };

/**
 * Reasons of a `retry` with which nothing has failed: the item waits for its turn, as most of a large first sync does. Every
 * other `retry` follows a failure. Logs and metrics count the two apart.
 */
export const WAITING_REASONS: ReadonlySet<string> = new Set([
  "segment-busy",
  "segment-stalled",
  "rate-limited",
  "out-of-time",
  "waiting-for-a-full-request",
  "credential-unproven",
  "isolating-refused-members",
  "waiting-for-older-messages",
]);

/**
 * The fate of an item of which several things are sent, as a flag change is an event for each environment: done when all of them
 * are. With one dead and another to be retried it is `retry`, so that its copy goes to the dead-letter queue once, at the end.
 */
export function worseFate(a: Fate | undefined, b: Fate): Fate {
  if (a === undefined) return b;
  // Of two retries the earlier one counts: what may go at once must not wait for the rest.
  if (a.kind === "retry" && b.kind === "retry")
    return patience[a.delay.kind] <= patience[b.delay.kind] ? a : b;
  return severity[a.kind] >= severity[b.kind] ? a : b;
}

const patience = { soon: 0, at: 1, backoff: 1, configuration: 2 } satisfies Record<
  RetryDelay["kind"],
  number
>;

const severity = { dropped: 0, delivered: 1, dead: 2, retry: 3 } satisfies Record<Fate["kind"], number>;

export function retryWithBackoff(reason: string, notBeforeMs?: number): Fate {
  return {
    kind: "retry",
    reason,
    delay: { kind: "backoff", ...(notBeforeMs !== undefined && { notBeforeMs }) },
  };
}

export function retrySoon(reason: string): Fate {
  return { kind: "retry", reason, delay: { kind: "soon" } };
}

/** Reports an error that nobody expected: the step that was running, and the error. */
export type NoteFault = (step: string, error: unknown) => void;

/** A fault of Flagbridge or of its configuration: nothing says that the item caused it, so it is retried. */
export const internalError: Fate = retryWithBackoff("internal-error");

/** A fault of configuration: whoever removed the connection, or this part of it, may restore it. */
export const unknownConnection: Fate = {
  kind: "retry",
  reason: "unknown-connection",
  delay: { kind: "configuration" },
};

/** Somebody removed the destination on purpose; its dead letters can be moved back once it exists again. */
export function unknownDestination(destination: string): Fate {
  return {
    kind: "dead",
    reason: "unknown-destination",
    cause: `connections.yml has no "${destination}": put it back, deploy, then move the message back to its queue`,
  };
}

/**
 * The fate of an item whose destination is closed. Unlike a wait for a turn, such as for the first request with a credential, it
 * does not keep a message from being undeliverable.
 */
export function destinationClosed({ why, untilMs }: Closed): Fate {
  switch (why) {
    case "credential-unproven":
      return retrySoon(why);
    case "destination-silent":
      return retryWithBackoff(why, untilMs);
    case "credential-refused":
    case "endpoint-refused":
      return { kind: "retry", reason: why, delay: { kind: "configuration" } };
  }
}

/** A fault of configuration: the log names the secret and the command that sets it. */
export const secretUnreadable: Fate = {
  kind: "retry",
  reason: "secret-unreadable",
  delay: { kind: "configuration" },
};
