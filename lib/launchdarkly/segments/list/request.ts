import type { SegmentWriter } from "../../../audience/segment-writer.ts";
import { includedAfter } from "../found-segment.ts";
import { type KeyedPorts, type KeyedSettings, keyedSegments } from "../keyed-segments.ts";
import { MAX_MEMBERS } from "./limits.ts";
import { listObjection } from "./outcome.ts";
import { semanticPatch } from "./transform.ts";
import { SEMANTIC_PATCH } from "./versions.ts";

/**
 * Writes smaller list-based segments: up to 15,000 targets of any kinds, on every plan and without a persistent store.
 * Adds and removes go apart, because a full segment refuses a request with an add in it as a whole.
 */
export function listSegments(settings: KeyedSettings, ports: KeyedPorts): SegmentWriter {
  return keyedSegments(settings, ports, {
    maxMembers: MAX_MEMBERS,
    oneAction: true,
    looksFirst: false,
    method: "PATCH",
    suffix: "",
    request: (change) => ({
      contentType: SEMANTIC_PATCH,
      body: semanticPatch(settings.environment, change),
    }),
    made: () => ({ sort: "list", included: new Set(), excluded: 0 }),
    afterApplied: (found, change) =>
      found.sort === "list" ? { ...found, included: includedAfter(found.included, change) } : found,
    objection: listObjection,
  });
}
