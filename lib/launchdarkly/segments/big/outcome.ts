import type { SegmentChange } from "../../../audience/segment-writer.ts";
import type { FoundSegment } from "../found-segment.ts";
import type { Objection } from "../keyed-segments.ts";
import { keptElsewhere } from "../objections.ts";

/**
 * Why a segment cannot take a change. A request says no kind, so that members of another one would be filed under the
 * segment's without a word: they are dead, because the kind of a big segment cannot be changed.
 */
export function bigObjection(found: FoundSegment, change: SegmentChange): Objection | undefined {
  if (found.sort === "synced") return keptElsewhere(found.source);
  if (found.sort === "list") {
    return {
      answer: { kind: "misconfigured", reason: "segment-is-list" },
      problem:
        "it is a list segment, and the connection has writer: big; set writer: list, or let the source name another segment",
    };
  }
  if (found.contextKind === change.contextKind) return undefined;
  return {
    answer: {
      kind: "forbidden",
      reason: "other-context-kind",
      cause: `The big segment has contexts of kind "${found.contextKind}", for ever, and these are of kind "${change.contextKind}". Correct contextKind, or send them to another segment; writer: list takes several kinds.`,
    },
  };
}
