import { type ApiRoute, notFound } from "./api-door.ts";
import { filterOf, pageOf } from "./listing.ts";
import type { PublicSegment, PublicSegments } from "./public-segments.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import type { NoteSegmentChange } from "./segment-changes.ts";
import { type Place, segmentView } from "./segment-view.ts";

export type SegmentReadsConfig = {
  /** The client-side ID behind a project and environment key. */
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly segments: PublicSegments;
  readonly route: (route: ApiRoute) => SandboxRoute;
  readonly noteChange: NoteSegmentChange;
};

/**
 * What people and their tools ask LaunchDarkly's public API of segments of every sort: lists, single segments, whether a
 * context is a member; and the end of a segment.
 * https://launchdarkly.com/docs/api/segments
 */
export function segmentReadRoutes(config: SegmentReadsConfig): readonly SandboxRoute[] {
  const { segments, route } = config;
  const list = "/api/v2/segments/{project}/{environment}";
  const one = `${list}/{segment}`;
  const known =
    (apply: (segment: PublicSegment, request: SandboxRequest) => SandboxAnswer) =>
    (request: SandboxRequest): SandboxAnswer => {
      const environmentId = environmentOf(request, config);
      const key = request.parameters.segment ?? "";
      const segment = environmentId === undefined ? undefined : segments.find(environmentId, key);
      return segment ? apply(segment, request) : notFound;
    };
  const membership = known((segment, request) => membershipOf(segment, request, segments));
  return [
    route({ method: "GET", path: list, right: "viewProject", apply: (request) => listed(request, config) }),
    route({
      method: "GET",
      path: one,
      right: "viewProject",
      apply: known((segment, request) => ({
        kind: "json",
        status: 200,
        body: segmentView(segment, placeOf(request), segments.targetsOf(segment)),
      })),
    }),
    route({
      method: "DELETE",
      path: one,
      right: "deleteSegment",
      apply: known((segment) => {
        segments.remove(segment);
        config.noteChange({ action: "deleteSegment", before: segment });
        return { kind: "empty", status: 204 };
      }),
    }),
    route({ method: "GET", path: `${one}/contexts/{context}`, right: "viewProject", apply: membership }),
    route({ method: "GET", path: `${one}/users/{context}`, right: "viewProject", apply: membership }),
  ];
}

function listed(request: SandboxRequest, config: SegmentReadsConfig): SandboxAnswer {
  const environmentId = environmentOf(request, config);
  if (environmentId === undefined) return notFound;
  const { query } = request;
  const place = placeOf(request);
  const path = `/api/v2/segments/${place.project}/${place.environment}`;
  const filter = filterOf(query);
  if (typeof filter !== "function") return filter;
  const page = pageOf(config.segments.list(environmentId).filter(filter), { path, query });
  if ("kind" in page) return page;
  const items = page.items.map((segment) => segmentView(segment, place, config.segments.targetsOf(segment)));
  return { kind: "json", status: 200, body: { ...page.body, items } };
}

/** https://launchdarkly.com/docs/api/segments/get-segment-membership-for-context */
function membershipOf(
  segment: PublicSegment,
  { parameters: { context: contextKey = "" } }: SandboxRequest,
  segments: PublicSegments,
): SandboxAnswer {
  if (segment.sort === "list")
    return refusal(400, "invalid_request", "this operation does not support standard segments");
  const included = segments.has(segment, { contextKind: segment.contextKind, contextKey });
  return { kind: "json", status: 200, body: { userKey: contextKey, included, excluded: false } };
}

function environmentOf(request: SandboxRequest, config: SegmentReadsConfig): string | undefined {
  const { project, environment } = placeOf(request);
  return config.environmentOf(project, environment);
}

export function placeOf({ parameters }: Pick<SandboxRequest, "parameters">): Place {
  const { project = "", environment = "" } = parameters;
  return { project, environment };
}
