import type { SegmentChange, SegmentWriter } from "../../audience/segment-writer.ts";
import {
  type FoundSegment,
  includedAfter,
  keptElsewhere,
  keysWith,
  type Objection,
} from "./found-segment.ts";
import { type KeyedSettings, keyedSegments } from "./keyed-segments.ts";

/**
 * The most target operations in one request, for every instruction that we send.
 * https://launchdarkly.com/docs/api/segments/patch-segment
 */
export const MAX_MEMBERS = 1_500;

/**
 * The most targets of a smaller list-based segment, included and excluded ones of all kinds together.
 * https://launchdarkly.com/docs/home/flags/segment-types
 */
const MAX_TARGETS = 15_000;

/** This content type marks a semantic patch. https://launchdarkly.com/docs/api#updates-using-semantic-patch */
export const SEMANTIC_PATCH = "application/json; domain-model=launchdarkly.semanticpatch";

/**
 * Body of `PATCH /api/v2/segments/{project}/{environment}/{segment}` as a semantic patch: 200, or 400, 401, 403, 404,
 * 409, 429. It is applied completely or not at all. Adding a present key or removing an absent one is not an error, but an
 * excluded key cannot be included. https://launchdarkly.com/docs/api/segments/patch-segment
 */
type SemanticPatch = {
  readonly environmentKey: string;
  readonly instructions: readonly TargetsInstruction[];
};

type TargetsInstruction = {
  readonly kind: "addIncludedTargets" | "removeIncludedTargets";
  readonly contextKind: string;
  readonly values: readonly string[];
};

/**
 * Writes smaller list-based segments: up to 15,000 targets of any kinds, on every plan and without a persistent store.
 * Adds and removes are separate requests, because a full segment refuses a whole request that contains an add.
 */
export function listSegments(settings: KeyedSettings): SegmentWriter {
  return keyedSegments(settings, {
    maxMembers: MAX_MEMBERS,
    separatesActions: true,
    readsBeforeWriting: false,
    method: "PATCH",
    suffix: "",
    request: (change) => ({
      contentType: SEMANTIC_PATCH,
      body: semanticPatch(settings.environment, change),
    }),
    made: () => ({ kind: "list", included: new Set(), excluded: 0 }),
    afterApplied: (found, change) =>
      found.kind === "list" ? { ...found, included: includedAfter(found.included, change) } : found,
    objection: listObjection,
  });
}

function semanticPatch(environmentKey: string, change: SegmentChange): SemanticPatch {
  const instruction = (kind: TargetsInstruction["kind"], values: readonly string[]): TargetsInstruction[] =>
    values.length === 0 ? [] : [{ kind, contextKind: change.contextKind, values }];
  return {
    environmentKey,
    instructions: [
      // Removes go first, so that they make room.
      ...instruction("removeIncludedTargets", keysWith(change, "remove")),
      ...instruction("addIncludedTargets", keysWith(change, "add")),
    ],
  };
}

/**
 * Says why a segment cannot accept a change. LaunchDarkly does not document its answer to too many targets, so after a
 * refusal the segment is read and its targets are counted here. Members without room are dead letters with a cause that
 * names a larger kind of segment. If some members of a request have room, it is halved to find them.
 */
function listObjection(found: FoundSegment, change: SegmentChange): Objection | undefined {
  if (found.kind === "synced") return keptElsewhere(found.source);
  if (found.kind === "big") {
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

/** This is created only when needed, because formatting the first number loads Node's data of all languages. */
function textOfFull(): string {
  return `A list segment has at most ${MAX_TARGETS.toLocaleString("en")} targets, and this one is full. Set writer: big for the connection, which takes any number, and let it be another segment or delete this one in LaunchDarkly; then send these operations again.`;
}
