import { type BatchLine, parseTrafficLine } from "../../dev/traffic-lines.ts";
import type { FlagCount } from "./flags.ts";
import type { EventCount } from "./verify.ts";

/** What the functions say of their work, summed over all of their lines. */
export type Work = {
  readonly applied: number;
  readonly unchanged: number;
  readonly stale: number;
  readonly dead: number;
  /** Items put back because their turn had not come. */
  readonly waiting: number;
  /** Items put back after a failure. */
  readonly retried: number;
  readonly requests: number;
};

const COUNTS = ["applied", "unchanged", "stale"] as const;
/** By reason, or by status. */
const SUMS = ["dead", "waiting", "retried", "requests"] as const;

/** From the JSON lines among what the stack has written. */
export function workIn(output: string, event: BatchLine["message"]): Work {
  const sum = { applied: 0, unchanged: 0, stale: 0, dead: 0, waiting: 0, retried: 0, requests: 0 };
  for (const text of output.split("\n")) {
    const line = parseTrafficLine(text);
    if (line?.message !== event) continue;
    for (const name of COUNTS) sum[name] += line[name];
    for (const name of SUMS) for (const count of Object.values(line[name])) sum[name] += count;
  }
  return sum;
}

export type Numbers = {
  readonly operations: number;
  readonly requests: number;
  readonly retries: number;
  readonly audience: Work;
  readonly events: number;
  readonly counted: EventCount;
  readonly changes: number;
  readonly flags: FlagCount;
  readonly recoveryMs: number;
  readonly slowestMs: number;
  readonly seenAfter: number;
  readonly troubles: ReadonlyMap<string, number>;
};

/** The numbers as a person reads them. */
export function describeNumbers(numbers: Numbers): string {
  const { audience, counted, operations } = numbers;
  const perThousand = ((audience.requests / operations) * 1_000).toFixed(1);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const later =
    numbers.seenAfter === 0
      ? "nothing was accepted later"
      : `what was accepted later (${numbers.seenAfter} members) within ${seconds(numbers.slowestMs)}`;
  return [
    `operations  accepted ${operations}, applied ${audience.applied}, stale ${audience.stale}, unchanged ${audience.unchanged}, dead ${audience.dead} (${audience.retried} times retried after a failure, ${audience.waiting} times waiting for their turn; repeats count again)`,
    `requests    ${audience.requests} to segments: ${perThousand} per 1,000 operations`,
    `last fault  what was accepted before it was in LaunchDarkly ${seconds(numbers.recoveryMs)} after it; ${later}`,
    `events      accepted ${numbers.events}, received by LaunchDarkly ${counted.received}, counted ${counted.distinct} (${counted.doubled} of small requests more than once)`,
    `changes     made ${numbers.changes}, received by PostHog ${numbers.flags.received}, counted ${numbers.flags.distinct}`,
    `senders     ${numbers.requests} requests answered 200, ${numbers.retries} sent again before that`,
    `troubles    ${[...numbers.troubles].map(([what, times]) => `${what} ${times}`).join(", ")}`,
  ].join("\n");
}
