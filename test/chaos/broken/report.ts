import type { Fault } from "./destination.ts";
import { KINDS, type Kind } from "./traffic.ts";

/** From the answer to the sender until a healthy destination had it: 95th percentile, ms. */
export type Latencies = Readonly<Record<Kind, number>>;

export type BrokenVerdict = {
  readonly problems: readonly string[];
  readonly before: Latencies;
  readonly during: readonly {
    readonly fault: Fault;
    readonly latencies: Latencies;
    /** Requests to the destination that failed. */
    readonly requests: number;
  }[];
  readonly recovery: Recovery;
  /** Events that a destination counted twice because their sender had sent the request again. */
  readonly repeated: number;
};

/** What the broken destination was still owed when it was well again, and how long the last of it took from then on. */
type Recovery = { readonly owed: number; readonly tookMs: number; readonly requests: number };

/** What a fault may add to how long a healthy destination waits. */
const MAX_RATIO = 1.5;

/** Healthy destinations that noticed the broken one, each in a line. */
export function slowerThanBefore({ before, during }: BrokenVerdict): string[] {
  return during.flatMap(({ fault, latencies }) =>
    kinds().flatMap((kind) => {
      const ratio = latencies[kind] / before[kind];
      return ratio > MAX_RATIO
        ? [
            `${KINDS[kind]} took ${ratio.toFixed(2)} times as long at the 95th percentile while one was ${fault}`,
          ]
        : [];
    }),
  );
}

/** Latencies in a line, beside others if there are any. */
export function rowOf(latencies: Latencies, than?: Latencies): string {
  return kinds()
    .map((kind) => {
      const ratio = than ? ` (${(latencies[kind] / than[kind]).toFixed(2)} x)` : "";
      return `${KINDS[kind]} ${Math.round(latencies[kind])} ms${ratio}`;
    })
    .join(", ");
}

/** A table for a person. */
export function reportOf({ before, during, recovery, repeated }: BrokenVerdict): string {
  return [
    `95th percentile from the answer to a healthy destination:`,
    `  all are well: ${rowOf(before)}`,
    ...during.map(
      ({ fault, latencies, requests }) =>
        `  one is ${fault}: ${rowOf(latencies, before)}; ${requests} requests to it`,
    ),
    `the broken one is well: ${recovery.owed} items to come, the last after ${Math.round(recovery.tookMs / 1_000)} s, in ${recovery.requests} requests`,
    `events counted twice because their sender had sent the request again: ${repeated}`,
  ].join("\n");
}

function kinds(): readonly Kind[] {
  return ["o", "e", "c"];
}
