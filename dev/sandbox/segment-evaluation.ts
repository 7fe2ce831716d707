import { isObject, readJson } from "../../lib/json.ts";
import { type ApiRoute, link, notFound } from "./api-door.ts";
import type { ContextName } from "./keyed-segment-store.ts";
import type { PublicSegment, PublicSegments } from "./public-segments.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import { placeOf } from "./segment-reads.ts";
import type { Place } from "./segment-view.ts";

/**
 * In which segments of an environment a context is: of every sort, one context or one of several kinds.
 * https://launchdarkly.com/docs/api/segments/get-context-instance-segments-membership-by-env
 */
export function segmentEvaluationRoute({
  environmentOf,
  segments,
  route,
}: {
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly segments: PublicSegments;
  readonly route: (route: ApiRoute) => SandboxRoute;
}): SandboxRoute {
  return route({
    method: "POST",
    path: "/api/v2/projects/{project}/environments/{environment}/segments/evaluate",
    right: "viewProject",
    apply: (request) => {
      const place = placeOf(request);
      const environmentId = environmentOf(place.project, place.environment);
      if (environmentId === undefined) return notFound;
      const members = contextsOf(readJson(request.body));
      if (!members)
        return refusal(400, "invalid_request", "expected a context: a kind and a key, or several of them");
      const items = segments
        .list(environmentId)
        .map((segment) => membershipView(segment, place, isAmong(segment, members, segments)));
      return answered(request, items);
    },
  });
}

function answered(request: SandboxRequest, items: readonly object[]): SandboxAnswer {
  const { project, environment } = placeOf(request);
  const self = link(`/api/v2/projects/${project}/environments/${environment}/segments/evaluate`);
  return { kind: "json", status: 200, body: { items, _links: { self } } };
}

function isAmong(segment: PublicSegment, members: readonly ContextName[], segments: PublicSegments): boolean {
  return members.some((member) => segments.has(segment, member));
}

function membershipView(segment: PublicSegment, { project, environment }: Place, isMember: boolean) {
  const { key, name, description, sort } = segment;
  return {
    name,
    key,
    description,
    unbounded: sort !== "list",
    external: segment.sort === "synced" ? segment.integration : "",
    isMember,
    isIndividuallyTargeted: isMember,
    isRuleTargeted: false,
    _links: { self: link(`/api/v2/segments/${project}/${environment}/${key}`) },
  };
}

/** A context without a kind is a user, as in the SDKs. Undefined for what is none. */
function contextsOf(value: unknown): readonly ContextName[] | undefined {
  if (!isObject(value)) return undefined;
  const { kind = "user", ...rest } = value;
  const named = kind === "multi" ? Object.entries(rest) : [[kind, value] as const];
  const contexts = named.flatMap(([contextKind, context]) =>
    typeof contextKind === "string" && isObject(context) && typeof context.key === "string" && context.key
      ? [{ contextKind, contextKey: context.key }]
      : [],
  );
  return contexts.length > 0 && contexts.length === named.length ? contexts : undefined;
}
