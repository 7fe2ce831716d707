import * as z from "zod";
import { readSegment } from "../../lib/launchdarkly/segments/found-segment.ts";
import type { Answer, Ask } from "./ask.ts";
import type { Place } from "./launchdarkly-environment.ts";
import type { WayOfWriting } from "./written-segments.ts";

/** Whether a context is in a segment, as LaunchDarkly says it, and the key of the segment where it is there. */
export type Membership =
  | { readonly kind: "member" | "absent"; readonly segmentKey?: string }
  | { readonly kind: "unknown"; readonly answer: Answer };

export type FoundPlace = Extract<Place, { readonly kind: "found" }>;

export type Throwaway = {
  /** The key of a big or list segment; the id of a synced one. */
  readonly segmentId: string;
  readonly segmentName: string;
  readonly contextKey: string;
};

const contextAnswer = z.object({ included: z.boolean() });
const evaluation = z.object({
  items: z.array(
    z.object({ key: z.string(), name: z.string(), external: z.string().nullish(), isMember: z.boolean() }),
  ),
});
const MAX_ANSWER_BYTES = 16 * 1_024 * 1_024;
const UNREADABLE: Membership = {
  kind: "unknown",
  answer: { kind: "unreachable", why: "its answer is not as documented" },
};

export function segmentPath({ project, environment }: FoundPlace, key: string): string {
  return `/api/v2/segments/${encodeURIComponent(project)}/${encodeURIComponent(environment)}/${encodeURIComponent(key)}`;
}

export const SEGMENT_ROUTE = "/api/v2/segments/{project}/{environment}/{segment}";

/** Asks LaunchDarkly, by the way that its kind of segment has. A segment that is not there has no members. */
export async function readBack(
  ask: Ask,
  place: FoundPlace,
  way: WayOfWriting,
  throwaway: Throwaway,
): Promise<Membership> {
  switch (way.writer) {
    case "list":
      return inList(ask, place, way, throwaway);
    case "big":
      return inBig(ask, place, throwaway);
    case "synced":
      return inSynced(ask, place, way, throwaway);
  }
}

async function inList(
  ask: Ask,
  place: FoundPlace,
  { contextKind }: WayOfWriting,
  { segmentId, contextKey }: Throwaway,
): Promise<Membership> {
  const answer = await ask({
    method: "GET",
    path: segmentPath(place, segmentId),
    route: SEGMENT_ROUTE,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  });
  if (answer.kind === "missing") return { kind: "absent" };
  if (answer.kind !== "taken") return { kind: "unknown", answer };
  const found = readSegment(answer.body);
  if (found?.kind !== "list") return UNREADABLE;
  return {
    kind: found.included.has(`${contextKind} ${contextKey}`) ? "member" : "absent",
    segmentKey: segmentId,
  };
}

async function inBig(ask: Ask, place: FoundPlace, { segmentId, contextKey }: Throwaway): Promise<Membership> {
  const answer = await ask({
    method: "GET",
    path: `${segmentPath(place, segmentId)}/contexts/${encodeURIComponent(contextKey)}`,
    route: `${SEGMENT_ROUTE}/contexts/{context}`,
  });
  // LaunchDarkly answers 404 for a segment that is not there, and for a context that it has never seen in one.
  if (answer.kind === "missing") return { kind: "absent" };
  if (answer.kind !== "taken") return { kind: "unknown", answer };
  const { data } = contextAnswer.safeParse(answer.json);
  return data ? { kind: data.included ? "member" : "absent", segmentKey: segmentId } : UNREADABLE;
}

/** How LaunchDarkly makes the key of a synced segment is not documented, so it is found by integration and name. */
async function inSynced(
  ask: Ask,
  { project, environment }: FoundPlace,
  way: Extract<WayOfWriting, { readonly writer: "synced" }>,
  { segmentName, contextKey }: Throwaway,
): Promise<Membership> {
  const answer = await ask({
    method: "POST",
    path: `/api/v2/projects/${encodeURIComponent(project)}/environments/${encodeURIComponent(environment)}/segments/evaluate`,
    route: "/api/v2/projects/{project}/environments/{environment}/segments/evaluate",
    body: { kind: way.contextKind, key: contextKey },
    maxAnswerBytes: MAX_ANSWER_BYTES,
  });
  if (answer.kind !== "taken") return { kind: "unknown", answer };
  const { data } = evaluation.safeParse(answer.json);
  if (!data) return UNREADABLE;
  const own = data.items.find(({ name, external }) => external === way.integration && name === segmentName);
  return own ? { kind: own.isMember ? "member" : "absent", segmentKey: own.key } : { kind: "absent" };
}
