import type { SegmentChange } from "../../../audience/segment-writer.ts";
import { keysWith } from "../found-segment.ts";
import type { SemanticPatch, TargetsInstruction } from "./wire.ts";

export function semanticPatch(environmentKey: string, change: SegmentChange): SemanticPatch {
  const instruction = (kind: TargetsInstruction["kind"], values: readonly string[]): TargetsInstruction[] =>
    values.length === 0 ? [] : [{ kind, contextKind: change.contextKind, values }];
  return {
    environmentKey,
    instructions: [
      // First, so that they make room.
      ...instruction("removeIncludedTargets", keysWith(change, "remove")),
      ...instruction("addIncludedTargets", keysWith(change, "add")),
    ],
  };
}
