import type { SegmentWriter } from "../../../audience/segment-writer.ts";
import { type KeyedPorts, type KeyedSettings, keyedSegments } from "../keyed-segments.ts";
import { MAX_MEMBERS } from "./limits.ts";
import { bigObjection } from "./outcome.ts";
import { bigSegmentBody } from "./transform.ts";

/**
 * Writes larger list-based segments ("big" in the API): any number of members, one context kind for ever. That kind
 * is looked up before the first request of an invocation, because the request itself says none.
 */
export function bigSegments(settings: KeyedSettings, ports: KeyedPorts): SegmentWriter {
  return keyedSegments(settings, ports, {
    maxMembers: MAX_MEMBERS,
    oneAction: false,
    looksFirst: true,
    method: "POST",
    suffix: "/contexts",
    request: (change) => ({ body: bigSegmentBody(change) }),
    made: (contextKind) => ({ sort: "big", contextKind }),
    afterApplied: (found) => found,
    objection: bigObjection,
  });
}
