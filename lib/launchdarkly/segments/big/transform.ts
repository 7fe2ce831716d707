import type { SegmentChange } from "../../../audience/segment-writer.ts";
import { keysWith } from "../found-segment.ts";
import type { BigSegmentBody } from "./wire.ts";

export function bigSegmentBody(change: SegmentChange): BigSegmentBody {
  return { included: { add: keysWith(change, "add"), remove: keysWith(change, "remove") } };
}
