import type { SegmentChange, SegmentWriter } from "../../audience/segment-writer.ts";
import { type FoundSegment, keptElsewhere, keysWith, type Objection } from "./found-segment.ts";
import { type KeyedSettings, keyedSegments } from "./keyed-segments.ts";

/**
 * Members in one request. LaunchDarkly names no limit; synced segments are kept in the same store, and 1,000 is what
 * the connectors that LaunchDarkly lists send to it. With the longest keys that is a body of 2 MB.
 * https://launchdarkly.com/docs/api/segments/update-context-targets-on-a-big-segment
 */
export const MAX_MEMBERS = 1_000;

/**
 * Body of `POST /api/v2/segments/{project}/{environment}/{segment}/contexts`: 204, or 400, 401, 404, 429. It has no
 * place for the context kind: every key is of the segment's own. A key that is there already, or is not, is no error.
 * https://launchdarkly.com/docs/api/segments/update-context-targets-on-a-big-segment
 */
type BigSegmentBody = {
  readonly included: { readonly add: readonly string[]; readonly remove: readonly string[] };
};

/**
 * Writes larger list-based segments ("big" in the API): any number of members, one context kind for ever. That kind
 * is looked up before the first request of an invocation, because the request itself says none.
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
 * Why a segment cannot take a change. A request says no kind, so that members of another one would be filed under the
 * segment's without a word: they are dead, because the kind of a big segment cannot be changed.
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
