import type { Fate } from "../delivery/fate.ts";
import { searchGoesOn, shuffled } from "../delivery/isolate.ts";
import { hasOpenItems, takeItems } from "../delivery/open-items.ts";
import { inTurns } from "../delivery/turns.ts";
import { applySegment } from "./apply-segment.ts";
import type { HoldRules } from "./hold.ts";
import type { ApplyPorts, SegmentJob } from "./segment-work.ts";

/**
 * Searches what a batch had refused for the members that are to blame, each part under a hold of its own and one after
 * another, after everything else of the batch has been sent: nobody's full request waits for a search. Connections take
 * turns, and which begins is drawn, so that none always finds the budget used up by the same other one.
 */
export async function searchRefused(
  refused: readonly SegmentJob[],
  settle: (item: number, fate: Fate) => void,
  ports: ApplyPorts,
  rules: HoldRules,
): Promise<void> {
  for (const job of inTurns(shuffled(refused, ports.random), ({ connection }) => connection)) {
    const open = openOnly(job);
    const count = [...open.kinds.values()].reduce((sum, members) => sum + members.size, 0);
    if (count === 0) continue;
    if (count > 1 && !ports.splits.mayBegin()) settleAll(open, settle);
    else await applySegment(open, settle, ports, rules);
  }
}

/** What stopped the segment later has settled the members that waited here, too. */
function openOnly(job: SegmentJob): SegmentJob {
  const kinds = [...job.kinds].map(
    ([kind, members]) =>
      [kind, new Map([...members].filter(([, candidate]) => hasOpenItems(candidate)))] as const,
  );
  return { ...job, kinds: new Map(kinds) };
}

/** Without a hold and without reading entries, which would lead to no request. */
function settleAll({ kinds }: SegmentJob, settle: (item: number, fate: Fate) => void): void {
  for (const members of kinds.values())
    for (const candidate of members.values()) takeItems(candidate, (item) => settle(item, searchGoesOn));
}
