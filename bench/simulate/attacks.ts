/** How the broken destination fails. */
export type Fault = "refusing" | "failing" | "silent";

/**
 * `shared`: one queue for all, in which what is to come again stays in flight, and every segment finds a fault out by itself.
 * `own`: a queue for each, delayed copies, and a breaker in each process.
 */
export type Queues = "shared" | "own";

/** Requests of one operation each to a destination that is broken for a time, with two that are well beside it. */
export type Attack = {
  readonly name: string;
  readonly fault: Fault;
  readonly brokenMs: number;
  /** To the broken one. */
  readonly aSecond: number;
  /** A message stands for what arrives there in this time. */
  readonly standsForMs: number;
};

const HOUR_MS = 3_600_000;

export const ATTACKS: readonly Attack[] = [
  {
    name: "its token is revoked for 8 hours, and ten a second arrive for it",
    fault: "refusing",
    brokenMs: 8 * HOUR_MS,
    aSecond: 10,
    standsForMs: 1_000,
  },
  {
    name: "it answers 503 for an hour, and 500 a second arrive for it",
    fault: "failing",
    brokenMs: HOUR_MS,
    aSecond: 500,
    standsForMs: 200,
  },
  {
    name: "it does not answer for an hour, and 500 a second arrive for it",
    fault: "silent",
    brokenMs: HOUR_MS,
    aSecond: 500,
    standsForMs: 200,
  },
];
