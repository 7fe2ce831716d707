import type { SegmentChange, SegmentWriter } from "../../audience/segment-writer.ts";
import { type FoundSegment, keptElsewhere, keysWith, type Objection } from "./found-segment.ts";
import { type KeyedSettings, keyedSegments } from "./keyed-segments.ts";

/**
 * The most members in one request. LaunchDarkly names no limit; synced segments use the same store, and the connectors that
 * LaunchDarkly lists send 1,000 members. With the longest keys that is a body of 2 MB.
 * https://launchdarkly.com/docs/api/segments/update-context-targets-on-a-big-segment
 */
export const MAX_MEMBERS = 1_000;

/**
 * Body of `POST /api/v2/segments/{project}/{environment}/{segment}/contexts`: 204, or 400, 401, 404, 429. It cannot state
 * a context kind: every key has the segment's kind. Adding a present key or removing an absent one is not an error.
 * https://launchdarkly.com/docs/api/segments/update-context-targets-on-a-big-segment
 */
type BigSegmentBody = {
  readonly included: { readonly add: readonly string[]; readonly remove: readonly string[] };
};

/**
 * Writes larger list-based segments ("big" in the API): any number of members, one context kind that never changes. The
 * writer reads that kind before the first request of an invocation, because the request itself does not state it.
 */
export function bigSegments(settings: KeyedSettings): SegmentWriter {
  return keyedSegments(settings, {
    maxMembers: MAX_MEMBERS,
    separatesActions: false,
    readsBeforeWriting: true,
    method: "POST",
    suffix: "/contexts",
    request: (change) => ({ body: bigSegmentBody(change) }),
    made: (contextKind) => ({ kind: "big", contextKind }),
    afterApplied: (found) => found,
    objection: bigObjection,
  });
}

function bigSegmentBody(change: SegmentChange): BigSegmentBody {
  return { included: { add: keysWith(change, "add"), remove: keysWith(change, "remove") } };
}

/**
 * Says why a segment cannot accept a change. A request states no kind, so members of another kind would silently get the
 * segment's kind. Such members are dead letters, because the kind of a big segment cannot change.
 */
function bigObjection(found: FoundSegment, change: SegmentChange): Objection | undefined {
  if (found.kind === "synced") return keptElsewhere(found.source);
  if (found.kind === "list") {
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
