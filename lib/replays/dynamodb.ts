import type { ConditionalUpdate, DynamoCalls, PassingFailure } from "../table/calls.ts";
import type { Address } from "../table/item.ts";
import {
  type MemoryUnavailable,
  REMEMBERED_MS,
  type Remembered,
  type Replays,
  type RequestKey,
  TAKEN_MS,
  type TakenRequest,
} from "./replays.ts";

export type ReplaysSettings = {
  readonly calls: Pick<DynamoCalls, "get" | "update">;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
};

/** One that got no answer is repeated once: the sender waits, and repeats its request anyway. */
const ATTEMPTS = 2;

/**
 * One item for each request that is taken or done, and nothing of the request in it: `until` is when it may be taken
 * (again), `done` says that it was queued, `by` is whose right it is, and `expires` when DynamoDB may delete it.
 *
 * Each update may be repeated after no answer, and may land late: a take finds its own token, or an item that is not
 * free; the others name the token, so that they change no item of somebody else's.
 */
export function dynamoReplays({ calls, random }: ReplaysSettings): Replays {
  const update = (request: RequestKey, change: Omit<ConditionalUpdate, "address" | "names">) => {
    const used = Object.entries(NAMES).filter(([name]) =>
      `${change.update} ${change.condition}`.includes(name),
    );
    const names = Object.fromEntries(used);
    return answeredOr(() => calls.update({ ...change, address: addressOf(request), names }));
  };
  const end = async (
    request: TakenRequest,
    change: Pick<ConditionalUpdate, "update" | "values">,
  ): Promise<Remembered> => {
    const values = { ...change.values, ":by": { S: request.token } };
    const answer = await update(request, { ...change, condition: "#by = :by", values });
    if (answer.kind === "unavailable") return answer;
    return { kind: answer.kind === "answered" ? "remembered" : "lost" };
  };
  return {
    take: async (request, nowMs) => {
      const token = tokenOf(random);
      const answer = await update(request, {
        update: "SET #until = :until, #by = :by, #expires = :expires REMOVE #done",
        condition: "attribute_not_exists(#until) OR #until <= :now",
        values: {
          ":until": { N: String(nowMs + TAKEN_MS) },
          ":by": { S: token },
          ":expires": { N: expiryOf(nowMs) },
          ":now": { N: String(nowMs) },
        },
      });
      const taken = { ...request, token };
      if (answer.kind === "unavailable") return answer;
      if (answer.kind === "answered") return { kind: "taken", taken };
      const seen = await answeredOr(() => calls.get(addressOf(request)));
      if (seen.kind === "unavailable") return seen;
      const { by, done, until } = seen.item ?? {};
      const untilMs = Number(until?.N ?? nowMs);
      // The first attempt had taken it, and its answer was lost.
      if (by?.S === token) return { kind: "taken", taken };
      if (done?.BOOL) return { kind: "done" };
      return { kind: "in-flight", untilMs: Number.isFinite(untilMs) ? untilMs : nowMs };
    },
    finish: (request, nowMs) =>
      end(request, {
        update: "SET #done = :yes, #until = :until, #expires = :expires",
        values: {
          ":yes": { BOOL: true },
          ":until": { N: String(nowMs + REMEMBERED_MS) },
          ":expires": { N: expiryOf(nowMs) },
        },
      }),
    release: (request) => end(request, { update: "REMOVE #until", values: {} }),
  };
}

const NAMES = { "#until": "until", "#by": "by", "#expires": "expires", "#done": "done" };

/** The digest first: partitions then spread evenly, however many requests one connection has. */
function addressOf({ connection, digest }: RequestKey): Address {
  return { pk: digest, sk: connection };
}

function expiryOf(nowMs: number): string {
  return String(Math.ceil((nowMs + REMEMBERED_MS) / 1_000));
}

/** 100 bits by chance. */
function tokenOf(random: () => number): string {
  return [random(), random()].map((draw) => draw.toString(36).slice(2)).join("-");
}

/** What the table answers, or why it cannot be asked: no permission and no table are faults that pass when somebody acts. */
async function answeredOr<Answer extends { readonly kind: string }>(
  call: () => Promise<Answer | PassingFailure>,
): Promise<Answer | MemoryUnavailable> {
  let failure: MemoryUnavailable = { kind: "unavailable", code: "" };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const answer = await call();
      if (!isPassing(answer)) return answer;
      failure = unavailable(answer.cause);
    } catch (error) {
      return unavailable(error);
    }
  }
  return failure;
}

function unavailable(error: unknown): MemoryUnavailable {
  if (!(error instanceof Error)) return { kind: "unavailable", code: "UnknownError" };
  const requestId = "requestId" in error ? error.requestId : undefined;
  return { kind: "unavailable", code: error.name, ...(typeof requestId === "string" && { requestId }) };
}

function isPassing(answer: { readonly kind: string } | PassingFailure): answer is PassingFailure {
  return answer.kind === "unavailable" || answer.kind === "unanswered";
}
