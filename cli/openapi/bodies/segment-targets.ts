import * as z from "zod";
import type { Integration } from "../../../lib/connections/integrations.ts";
import {
  type MemberList,
  SEGMENT_TARGETS,
  type SegmentTargetsShape,
} from "../../../lib/sources/segment-targets-shapes.ts";
import {
  contextKind,
  environmentId,
  membership,
  objectOf,
  requiredContextKey,
  segmentId,
  segmentName,
} from "./parts.ts";

/** The body that an integration's connector makes for LaunchDarkly, by the table that ingest reads it with. */
export function segmentTargetsBody(integration: Integration): z.ZodType {
  const shape = SEGMENT_TARGETS[integration];
  const [only, ...others] = shape.lists.map((list) => bodyWith(list, shape));
  if (only === undefined) throw new RangeError(`${integration} has no list of members`);
  return others.length === 0 ? only : z.union([only, ...others]);
}

/** A body with members in this list; it may have the others. Without any member a body is refused. */
function bodyWith(required: MemberList, shape: SegmentTargetsShape): z.ZodObject {
  const { environmentId: at, contextKind: kindAt, segment, action, lists } = shape;
  return objectOf({
    [at]: environmentId.nullish(),
    ...(kindAt !== undefined && { [kindAt]: z.union([contextKind, z.literal("")]).nullish() }),
    ...(segment.of === "body" && segmentAt(segment)),
    ...(action && { [action.at]: z.enum([...action.words.keys()]) }),
    ...Object.fromEntries(
      lists.map((list) => {
        const members = z.array(memberOf(list, shape));
        return [list.at, list === required ? members.min(1) : members.nullish()];
      }),
    ),
  });
}

function memberOf({ means }: MemberList, { segment, key }: SegmentTargetsShape): z.ZodObject {
  return objectOf({
    [key]: requiredContextKey,
    ...(segment.of === "member" && segmentAt(segment)),
    ...(typeof means === "object" && { [means.flag]: membership }),
  });
}

function segmentAt({ id, name }: SegmentTargetsShape["segment"]): Record<string, z.ZodType> {
  return { [id]: segmentId, [name]: segmentName.nullish() };
}
