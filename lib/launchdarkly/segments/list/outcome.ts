import type { SegmentChange } from "../../../audience/segment-writer.ts";
import { type FoundSegment, includedAfter } from "../found-segment.ts";
import type { Objection } from "../keyed-segments.ts";
import { keptElsewhere } from "../objections.ts";
import { MAX_TARGETS } from "./limits.ts";

/**
 * Why a segment cannot take a change. What LaunchDarkly answers to one target too many is not documented, so a
 * refused request leads to a look at the segment, and its targets are counted here: the members that have no place
 * are dead, with a cause that says what takes more; a part of which some have a place is halved to find them.
 */
export function listObjection(found: FoundSegment, change: SegmentChange): Objection | undefined {
  if (found.sort === "synced") return keptElsewhere(found.source);
  if (found.sort === "big") {
    return {
      answer: { kind: "misconfigured", reason: "segment-is-big" },
      problem:
        "it is a big segment, and the connection has writer: list; set writer: big, or let the source name another segment",
    };
  }
  const before = found.included.size;
  const after = includedAfter(found.included, change).size;
  const room = MAX_TARGETS - found.excluded - before;
  if (after <= before || after - before <= room) return undefined;
  const full = { reason: "list-full-use-big", cause: textOfFull() };
  const hasNoPlace = room <= 0 && after - before === change.members.length;
  return { answer: hasNoPlace ? { kind: "forbidden", ...full } : { kind: "refused", status: 400, ...full } };
}

/** Made when it is needed: the first number that is written for a language loads Node's data of all languages. */
function textOfFull(): string {
  return `A list segment has at most ${MAX_TARGETS.toLocaleString("en")} targets, and this one is full. Set writer: big for the connection, which takes any number, and let it be another segment or delete this one in LaunchDarkly; then send these operations again.`;
}
