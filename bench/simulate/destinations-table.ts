import { ATTACKS } from "./attacks.ts";
import { simulateAttack } from "./destinations.ts";
import type { Parameters } from "./parameters.ts";

/** What a broken destination does to its neighbours, in a queue that all share and with a queue for each. */
export async function destinationsTable(of: Parameters): Promise<string> {
  const lines = [
    "| one of three destinations | queues | neighbours: median | p95 | longest | most in flight in their queue | full after | in its own | requests to it an hour | segments read for it | after it is well, it has everything in |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const attack of ATTACKS)
    for (const queues of ["shared", "own"] as const) {
      const outcome = await simulateAttack(attack, queues, of);
      const { medianMs, p95Ms, longestMs, mostInFlight, mostInFlightOfBroken } = outcome;
      const anHour = (outcome.requestsToBroken * 3_600_000) / attack.brokenMs;
      const full = outcome.fullAfterMs === undefined ? "never" : time(outcome.fullAfterMs);
      const own = queues === "shared" ? "the same" : whole(mostInFlightOfBroken);
      const counts = [whole(mostInFlight), full, own, whole(anHour), whole(outcome.segmentsRead)];
      const times = [medianMs, p95Ms, longestMs].map(time);
      const name = queues === "shared" ? "one for all" : "one each";
      lines.push(
        `| ${[attack.name, name, ...times, ...counts, time(outcome.recoveredAfterMs)].join(" | ")} |`,
      );
    }
  return lines.join("\n");
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

function time(ms: number): string {
  if (ms >= 2 * 3_600_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  return ms >= 120_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 1_000).toFixed(1)} s`;
}
