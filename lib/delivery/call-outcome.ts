import { awaitsProbe, openState } from "../http/breaker.ts";
import {
  type CallOutcome,
  closedDestination,
  type Destination,
  destinationCall,
  type Endpoint,
} from "../http/destination-call.ts";
import type { HttpAnswer } from "../http/session.ts";
import { destinationClosed, type Fate, retryWithBackoff, secretUnreadable } from "./fate.ts";
import { noEvidence, type Refusal } from "./isolate.ts";
import type { EventSender, WrittenEvent } from "./lane.ts";

/** What is kept of a destination's words for the operator who reads the dead letter. */
const MAX_CAUSE_CHARS = 1_000;

/** A refusal by the destination of this name, as dead letters tell it. */
export function refusalBy(
  destination: string,
  { status, body }: { readonly status: number; readonly body: string },
): Refusal {
  return {
    kind: "refused",
    status,
    reason: `refused-by-${destination}`,
    cause: body.slice(0, MAX_CAUSE_CHARS),
  };
}

/** The fate of everything in a call that was neither taken nor refused. Faults of configuration are never dead. */
export function fateOf(
  destination: string,
  outcome: Exclude<CallOutcome, { readonly kind: "taken" | "refused" }>,
): Fate {
  switch (outcome.kind) {
    case "limited":
      return retryWithBackoff("rate-limited", outcome.untilMs);
    case "failed":
      return retryWithBackoff(`${destination}-${outcome.status}`, outcome.notBeforeMs);
    case "gave-up":
      return retryWithBackoff(`${destination}-${outcome.status}`);
    case "unanswered":
    case "unsent":
      return retryWithBackoff(outcome.reason);
    case "misconfigured":
      return {
        kind: "retry",
        reason: `${destination}-${outcome.status}`,
        delay: { kind: "configuration" },
      };
    case "credential-replaced":
      return retryWithBackoff("token-rotated");
    case "closed":
      return destinationClosed(outcome);
    case "secret-unreadable":
      return secretUnreadable;
  }
}

/** What an endpoint for events answers whatever the events are, when its address, its rights or its environment are wrong. */
const CLOSING: ReadonlySet<number> = new Set([401, 403, 404]);

/** A sender of events to one endpoint, each request one {@link destinationCall}. */
export function eventSenderOf(sender: {
  /** Whom a refusal is by, in reasons. */
  readonly name: string;
  readonly destination: Destination;
  readonly endpoint: Endpoint;
  readonly post: (events: readonly WrittenEvent[], credential: string | undefined) => Promise<HttpAnswer>;
}): EventSender {
  const { name, destination, endpoint, post } = sender;
  return {
    evidence: noEvidence(),
    closedNow: () => closedDestination(destination),
    inTurn: destination.breaker?.proof.inTurn,
    awaitsProbe: () => awaitsProbe(destination.breaker?.get() ?? openState, destination.now()),
    send: async (events) => {
      const outcome = await destinationCall((credential) => post(events, credential), destination, {
        closing: CLOSING,
        ...endpoint,
      });
      if (outcome.kind === "taken") return "delivered";
      return outcome.kind === "refused" ? refusalBy(name, outcome) : { fate: fateOf(name, outcome) };
    },
  };
}
