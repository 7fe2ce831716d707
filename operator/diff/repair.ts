import { doubtEntries, type HoldCalls } from "../../lib/audience/doubt-entries.ts";
import { type SendPorts, sendChanges } from "../../lib/erasure/send-changes.ts";
import { OperatorProblem } from "../problem.ts";
import type { DiffedPlace } from "./diff.ts";

export type RepairPorts = SendPorts & {
  readonly holds: HoldCalls;
  readonly sleep: (ms: number) => Promise<void>;
};

/** `repaired`: operations that are in the queue. `problems`: why others are not, safe to show. */
export type Repaired = { readonly repaired: number; readonly problems: readonly string[] };

/** A hold is given back within seconds, and a stalled one ends within a minute and a half. */
const LONGEST_WAIT_MS = 120_000;

/**
 * Sends what differs through the queues, with today's time. Where the ledger says already what the operation says, its segment's
 * entries are doubted first: the batcher would find nothing to send.
 * @param id the operations' own id
 */
export async function repairDrift(
  places: readonly DiffedPlace[],
  id: string,
  ports: RepairPorts,
): Promise<Repaired> {
  let repaired = 0;
  const problems: string[] = [];
  for (const { place, drift } of places) {
    if (drift.length === 0) continue;
    const name = `segment "${place.segment.id}" of ${place.environment} (${place.writer})`;
    if (drift.some(({ entry, repair }) => entry?.action === repair)) {
      const answer = await doubtEntries(place.ledgerSegment, { ...ports, longestWaitMs: LONGEST_WAIT_MS });
      if (answer === "busy") {
        problems.push(
          `${name} is being written all the time: nothing was sent for it. Run the command again.`,
        );
        continue;
      }
    }
    const changes = drift.map(({ kind, key, repair, entry }) => ({
      kind,
      key,
      action: repair,
      after: entry?.version,
    }));
    const outcome = await sendChanges(place, { id, changes }, ports);
    if (outcome.kind === "no-way") throw new OperatorProblem(outcome.why);
    const { sent, codes } = outcome;
    repaired += sent;
    if (sent < changes.length)
      problems.push(
        `${name}: SQS did not take ${changes.length - sent} of ${changes.length} operations (${codes.join(", ")}). Run the command again.`,
      );
  }
  return { repaired, problems };
}
