import {
  afterEnd,
  afterStart,
  type Breaker,
  type Closed,
  closedBy,
  type Ending,
  LOOK_MS,
  openState,
} from "./breaker.ts";
import { SecretUnreachable, wasReplaced } from "./credential.ts";
import { afterAnswer, closedUntil, identityOf, type LimitStore } from "./rate-limit.ts";
import type { HttpAnswer } from "./session.ts";

/** What a status says about the request that it answers. */
export type Meaning = "taken" | "refused" | "limited" | "failed" | "gave-up" | "misconfigured";

/** The statuses that mean something else at an endpoint than in the table of {@link meaningOf}. */
export type Meanings = Readonly<Partial<Record<number, Meaning>>>;

/** One way into a destination. */
export type Endpoint = {
  readonly meanings: Meanings;
  /** The route by which the destination may limit such requests, whoever sends them. */
  readonly route?: string | undefined;
  /** Statuses that mean a fault of the whole endpoint, whatever is sent: they close the endpoint for a while. */
  readonly closing?: ReadonlySet<number> | undefined;
};

export type Destination = {
  /** Unix ms. */
  readonly now: () => number;
  readonly limit: LimitStore;
  /** Remembers its silence and its refusals. Absent for callers so rare that every request is a probe. */
  readonly breaker?: Breaker | undefined;
  /** The credential of a request; `after` is one that was refused. Absent if requests need none. */
  readonly credential?: ((after?: string) => Promise<string>) | undefined;
};

/** What is known after a call. The kinds say what it means for what was sent; callers decide what follows. */
export type CallOutcome =
  /** `location` is the header of that name, where there is one: of what was made. */
  | {
      readonly kind: "taken";
      readonly status: number;
      readonly body: string;
      readonly location?: string;
    }
  /** Nothing was taken, and what was sent is to blame. */
  | { readonly kind: "refused"; readonly status: number; readonly body: string }
  /** Nothing was taken: the destination wants no request before `untilMs`. If that was known before, no request was made. */
  | { readonly kind: "limited"; readonly untilMs: number }
  /** Answered with a failure: some of it may have been taken. `notBeforeMs` is when the destination wants to be asked again. */
  | {
      readonly kind: "failed";
      readonly status: number;
      readonly body: string;
      readonly notBeforeMs?: number | undefined;
    }
  /** No answer: it may be taken now, later, or never. */
  | { readonly kind: "unanswered"; readonly reason: string }
  /** A gateway timed out: as little is known as without an answer. */
  | { readonly kind: "gave-up"; readonly status: number }
  /** The request never left: the destination could not be reached, or the credential not be read for the moment. */
  | { readonly kind: "unsent"; readonly reason: string }
  /** Nothing was taken, and the configuration is to blame: credential, address, rights. */
  | { readonly kind: "misconfigured"; readonly status: number; readonly body: string }
  /** Nothing was taken: the credential was refused, and the secret has another one by now. */
  | { readonly kind: "credential-replaced" }
  /** No request was made: the destination did not answer the last one, or refused what it would get again. */
  | ({ readonly kind: "closed" } & Closed)
  /** No request was made. The reader of secrets has logged which secret, and why. */
  | { readonly kind: "secret-unreadable" };

/** The way to make a request, and to read what its answer means. */
export type Access = {
  readonly kind: "authorized";
  readonly call: (send: SendWith, endpoint: Endpoint) => Promise<CallOutcome>;
};

/** Why no request can be made. */
export type Unauthorized = Extract<CallOutcome, { kind: "secret-unreadable" | "unsent" | "closed" }>;

/** Makes the request. The credential is undefined if the destination needs none. */
export type SendWith = (credential: string | undefined) => Promise<HttpAnswer>;

/**
 * Calls a destination once, if its limits allow it and its credential can be read: every request to LaunchDarkly and
 * PostHog is made here. Learns the limit from the answer, and reads the credential again when it is refused.
 */
export async function destinationCall(
  send: SendWith,
  to: Destination,
  endpoint: Endpoint,
): Promise<CallOutcome> {
  // The limit of a token that has been replaced meanwhile is known only when the new one has been read.
  const untilMs = closedUntil(to.limit.get({ route: endpoint.route }), to.now());
  if (untilMs !== undefined) return { kind: "limited", untilMs };
  const access = await authorize(to);
  return access.kind === "authorized" ? access.call(send, endpoint) : access;
}

/**
 * Whether a destination is closed, asked before anything is read for it. The secret of a refused credential is read again at
 * most every {@link LOOK_MS}, and a new credential in it opens the destination.
 */
export async function closedDestination({
  now,
  breaker,
  credential,
}: Destination): Promise<Closed | undefined> {
  const state = breaker?.get() ?? openState;
  const closed = closedBy(state, now());
  if (!breaker || !credential || !closed || state.kind === "open" || state.credential === undefined)
    return closed;
  if (state.lookAtMs > now()) return closed;
  breaker.set({ ...state, lookAtMs: now() + LOOK_MS });
  try {
    if (identityOf(await credential()) === state.credential) return closed;
  } catch {
    return closed;
  }
  breaker.set(openState);
  return undefined;
}

/** Whether a destination is closed that has several ways in: when all of them are, and the first to open counts. */
export async function allClosed(
  ways: Iterable<(() => Promise<Closed | undefined>) | undefined>,
): Promise<Closed | undefined> {
  let first: Closed | undefined;
  for (const closedNow of ways) {
    const closed = await closedNow?.();
    if (!closed) return undefined;
    if (!first || closed.untilMs < first.untilMs) first = closed;
  }
  return first;
}

/** The two halves of {@link destinationCall} for whoever must do something between them: reading a secret may take long. */
export async function authorize(to: Destination): Promise<Access | Unauthorized> {
  const closed = await closedDestination(to);
  if (closed) return { kind: "closed", ...closed };
  let credential: string | undefined;
  try {
    credential = await to.credential?.();
  } catch (error) {
    if (error instanceof SecretUnreachable) return { kind: "unsent", reason: "secret-unreachable" };
    return { kind: "secret-unreadable" };
  }
  return {
    kind: "authorized",
    call: async (send, endpoint) => {
      const counted = { route: endpoint.route, token: credential };
      const untilMs = closedUntil(to.limit.get(counted), to.now());
      if (untilMs !== undefined) return { kind: "limited", untilMs };
      return throughBreaker(to, { credential, endpoint }, async () => {
        const answer = await send(credential);
        if (answer.kind !== "answered") return answer;
        const nowMs = to.now();
        to.limit.set(afterAnswer(to.limit.get(counted), { ...answer, nowMs }), counted);
        if (answer.status === 401 && to.credential && credential !== undefined) {
          if (await wasReplaced(credential, to.credential)) return { kind: "credential-replaced" };
        }
        const closedUntilMs = closedUntil(to.limit.get(counted), nowMs);
        const meaning = endpoint.meanings[answer.status] ?? meaningOf(answer.status);
        return outcomeOf(answer, meaning, { closedUntilMs, nowMs });
      });
    },
  };
}

type Attempt = { readonly credential: string | undefined; readonly endpoint: Endpoint };

/** Makes a request if the breaker lets it, and tells the breaker how it ended. */
async function throughBreaker(
  { breaker, now }: Destination,
  attempt: Attempt,
  request: () => Promise<CallOutcome>,
): Promise<CallOutcome> {
  if (!breaker) return request();
  const startedAtMs = now();
  const before = breaker.get();
  // Without a credential it is the address that is unproven.
  const identity = identityOf(attempt.credential ?? "");
  const closed = closedBy(before, startedAtMs, attempt.credential === undefined ? undefined : identity);
  if (closed) return { kind: "closed", ...closed };
  const untilMs = breaker.proof.start(identity, startedAtMs);
  if (untilMs !== undefined) return { kind: "closed", why: "credential-unproven", untilMs };
  breaker.set(afterStart(before, startedAtMs));
  const role = before.kind === "open" ? "other" : "probe";
  const outcome = await request().catch((error: unknown) => {
    breaker.proof.end(identity, "silent");
    throw error;
  });
  const nowMs = now();
  const said = endingOf(outcome, attempt, nowMs - startedAtMs);
  if (said.kind !== "silent") breaker.noteAnswer(nowMs);
  // One segment that always times out would otherwise pause all others, each time for as long.
  const isLost = said.kind === "silent" && role === "other" && breaker.hasAnsweredSince(startedAtMs);
  breaker.set(afterEnd(breaker.get(), isLost ? { kind: "lost" } : said, { nowMs, role }));
  breaker.proof.end(identity, said.kind);
  return outcome;
}

/** A gateway that timed out counts as silence of the destination behind it, whatever it means for what was sent. */
const GAVE_UP = new Set([502, 504]);

function endingOf(
  outcome: CallOutcome,
  { credential, endpoint }: Attempt,
  tookMs: number,
): Exclude<Ending, { readonly kind: "lost" }> {
  switch (outcome.kind) {
    case "unanswered":
    case "unsent":
    case "gave-up":
      return { kind: "silent", tookMs };
    case "failed":
      return GAVE_UP.has(outcome.status) ? { kind: "silent", tookMs } : { kind: "answered" };
    case "misconfigured": {
      const identity = credential === undefined ? undefined : identityOf(credential);
      if (outcome.status === 401 && identity !== undefined)
        return { kind: "refused", why: "credential-refused", credential: identity };
      if (endpoint.closing?.has(outcome.status))
        return { kind: "refused", why: "endpoint-refused", credential: identity };
      return { kind: "answered" };
    }
    case "credential-replaced":
      return { kind: "replaced" };
    case "taken":
    case "refused":
    case "limited":
    case "closed":
    case "secret-unreadable":
      return { kind: "answered" };
  }
}

function outcomeOf(
  { status, body, headers }: Extract<HttpAnswer, { readonly kind: "answered" }>,
  meaning: Meaning,
  { closedUntilMs, nowMs }: { readonly closedUntilMs: number | undefined; readonly nowMs: number },
): CallOutcome {
  switch (meaning) {
    case "taken": {
      const { location } = headers;
      return { kind: "taken", status, body, ...(location !== undefined && { location }) };
    }
    case "refused":
    case "misconfigured":
      return { kind: meaning, status, body };
    case "limited":
      return { kind: "limited", untilMs: closedUntilMs ?? nowMs };
    case "failed":
      return { kind: "failed", status, body, notBeforeMs: closedUntilMs };
    case "gave-up":
      return { kind: "gave-up", status };
  }
}

/**
 * | status | meaning |
 * |---|---|
 * | 2xx | taken |
 * | 429 | limited |
 * | 408, 5xx | failed |
 * | 3xx and the other 4xx | misconfigured |
 */
function meaningOf(status: number): Meaning {
  if (status >= 200 && status < 300) return "taken";
  if (status === 429) return "limited";
  if (status === 408 || status >= 500) return "failed";
  return "misconfigured";
}
