import { nothingProven, type Proof } from "./proof.ts";

/** Why a destination is asked nothing until a request has shown that it answers again, or takes what it refused. */
export type FaultWhy = "destination-silent" | "credential-refused" | "endpoint-refused";

/**
 * Why no request goes to a destination. The same text is the reason of what waits for it. `credential-unproven`: the first
 * request with this credential is under way.
 */
export type ClosedWhy = FaultWhy | "credential-unproven";

/** A destination that is not asked before `untilMs`, Unix ms. */
export type Closed = { readonly why: ClosedWhy; readonly untilMs: number };

/** What a closed destination is remembered by. */
type Fault = {
  readonly why: FaultWhy;
  readonly untilMs: number;
  /** How long it stays closed the next time that a probe gets no answer. */
  readonly pauseMs: number;
  /** Identity of the credential that was refused, where one was sent. */
  readonly credential?: string | undefined;
  /** From when on the secret may be looked at again, Unix ms. */
  readonly lookAtMs: number;
};

/** Requests go to a destination that is `open`; of one that is `probing` it is not known yet whether it is back. */
export type BreakerState =
  | { readonly kind: "open" }
  | (Fault & { readonly kind: "closed" })
  | (Fault & { readonly kind: "probing" });

/** How a request ended, as far as the next one is concerned. */
export type Ending =
  | { readonly kind: "answered" }
  | { readonly kind: "silent"; readonly tookMs: number }
  /** No answer came, and others did meanwhile: the request is to blame, and the destination is not silent. */
  | { readonly kind: "lost" }
  | {
      readonly kind: "refused";
      readonly why: Exclude<FaultWhy, "destination-silent">;
      readonly credential?: string | undefined;
    }
  /** Another credential has taken the place of the one that was refused. */
  | { readonly kind: "replaced" };

/** A connection that was lost once is no outage. */
export const SHORTEST_PAUSE_MS = 1_000;
/** A recovery is noticed after this long at the latest. */
export const LONGEST_PAUSE_MS = 60_000;
/** A fault that a person has to mend is asked after this often: as often as a message with such a fault comes back. */
export const REFUSED_MS = 900_000;
/** How often the secret of a refused credential is looked at: as often as its reader would read it again. */
export const LOOK_MS = 30_000;
/** A probe that has not ended by then was lost with a frozen function: another one may start. */
export const PROBE_LOST_MS = 60_000;

export const openState: BreakerState = { kind: "open" };

/** Undefined when a request may start now. `credential` is the identity of the one that it would have, where that is known. */
export function closedBy(state: BreakerState, nowMs: number, credential?: string): Closed | undefined {
  if (state.kind === "open" || state.untilMs <= nowMs) return undefined;
  // Nothing closes for longer: the clock has been set back meanwhile.
  if (state.untilMs - nowMs > REFUSED_MS) return undefined;
  if (credential !== undefined && state.credential !== undefined && credential !== state.credential)
    return undefined;
  return { why: state.why, untilMs: state.untilMs };
}

/** Whether the next request is the probe. What else there is to send had better wait for its answer than be put back. */
export function awaitsProbe(state: BreakerState, nowMs: number): boolean {
  return state.kind !== "open" && state.untilMs <= nowMs;
}

/** The state once a request has started: the first one after a closed time is the probe, and no other starts beside it. */
export function afterStart(state: BreakerState, nowMs: number): BreakerState {
  return state.kind === "open" ? state : { ...state, kind: "probing", untilMs: nowMs + PROBE_LOST_MS };
}

/** The state once a request has ended. One that began before the destination closed says no more than that it is closed. */
export function afterEnd(
  state: BreakerState,
  ending: Ending,
  { nowMs, role }: { readonly nowMs: number; readonly role: "probe" | "other" },
): BreakerState {
  switch (ending.kind) {
    case "lost":
      return state;
    case "answered":
    case "replaced":
      // Any answer ends silence; a refusal ends when a request with the same credential, the probe, is not refused.
      return state.kind !== "open" && state.why !== "destination-silent" && role === "other"
        ? state
        : openState;
    case "refused":
      return {
        kind: "closed",
        why: ending.why,
        untilMs: nowMs + REFUSED_MS,
        pauseMs: SHORTEST_PAUSE_MS,
        credential: ending.credential,
        lookAtMs: nowMs + LOOK_MS,
      };
    case "silent": {
      if (state.kind !== "open" && role === "other") return state;
      const pauseMs = Math.min(
        Math.max(state.kind === "open" ? 0 : state.pauseMs, ending.tookMs, SHORTEST_PAUSE_MS),
        LONGEST_PAUSE_MS,
      );
      return {
        kind: "closed",
        why: "destination-silent",
        untilMs: nowMs + pauseMs,
        pauseMs: 2 * pauseMs,
        lookAtMs: 0,
      };
    }
  }
}

/** What a process knows of its destinations. One for its whole life, as its limits are. */
export type Breakers = {
  readonly states: Map<string, BreakerState>;
  readonly proofs: Map<string, Proof>;
  /** When the last answer came, Unix ms. */
  readonly answers: Map<string, number>;
};

export function noBreakers(): Breakers {
  return { states: new Map(), proofs: new Map(), answers: new Map() };
}

/** The state of one way into a destination among those of the process. */
export type Breaker = {
  readonly get: () => BreakerState;
  readonly set: (state: BreakerState) => void;
  readonly proof: Proof;
  readonly noteAnswer: (nowMs: number) => void;
  /** Whether a request that started then has seen others answered. */
  readonly hasAnsweredSince: (startedAtMs: number) => boolean;
};

/** `key`: the destination's name, and what of it fails as one: an API, a route. */
export function breakerOf({ states, proofs, answers }: Breakers, key: string): Breaker {
  const get = (): BreakerState => states.get(key) ?? openState;
  const proof = proofs.get(key) ?? nothingProven(() => get().kind === "open");
  proofs.set(key, proof);
  return {
    get,
    set: (state) => {
      if (state.kind === "open") states.delete(key);
      else states.set(key, state);
    },
    proof,
    noteAnswer: (nowMs) => void answers.set(key, nowMs),
    hasAnsweredSince: (startedAtMs) => (answers.get(key) ?? startedAtMs) > startedAtMs,
  };
}
