import type { Objection } from "./keyed-segments.ts";

/** Two writers would undo each other's changes. */
export function keptElsewhere(source: string): Objection {
  return {
    answer: { kind: "misconfigured", reason: "segment-is-synced" },
    problem: `it is a synced segment of ${source}; use writer: synced with that integration, or let the source name another segment`,
  };
}
