import { hash } from "node:crypto";
import { type ApiDoorConfig, apiDoor, link, notFound } from "./api-door.ts";
import { titleOf } from "./entry-parts.ts";
import { filterOf, pageOf } from "./listing.ts";
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from "./route.ts";

/** An environment of connections.yml that has its keys. */
export type SandboxEnvironment = {
  readonly project: string;
  readonly environment: string;
  readonly clientSideId: string;
};

export type ProjectsSandboxConfig = ApiDoorConfig & { readonly environments: readonly SandboxEnvironment[] };

const PROJECTS = "/api/v2/projects";

/**
 * The projects of connections.yml and their environments. The `_id` of an environment is its client-side ID: who knows only
 * that one finds the keys here.
 * https://launchdarkly.com/docs/api/projects, https://launchdarkly.com/docs/api/environments
 */
export function projectRoutes(config: ProjectsSandboxConfig): readonly SandboxRoute[] {
  const route = apiDoor("api", config);
  const projects = [...new Set(config.environments.map(({ project }) => project))].sort();
  const known =
    (apply: (project: string, request: SandboxRequest) => SandboxAnswer) =>
    (request: SandboxRequest): SandboxAnswer => {
      const { project = "" } = request.parameters;
      return projects.includes(project) ? apply(project, request) : notFound;
    };
  const viewed = (one: SandboxEnvironment) =>
    environmentView({
      ...one,
      segmentApprovals: config.settings?.wantsApproval(one.project, one.environment) ? "required" : "none",
    });
  const environmentsOf = (project: string) => config.environments.filter((one) => one.project === project);
  return [
    route({
      method: "GET",
      path: PROJECTS,
      right: "viewProject",
      apply: ({ query }) => {
        const shown = projects.map((project) =>
          projectView(project, environmentsOf(project).map(viewed), query),
        );
        return listed(shown, PROJECTS, query);
      },
    }),
    route({
      method: "GET",
      path: `${PROJECTS}/{project}`,
      right: "viewProject",
      apply: known((project, { query }) => ({
        kind: "json",
        status: 200,
        body: projectView(project, environmentsOf(project).map(viewed), query),
      })),
    }),
    route({
      method: "GET",
      path: `${PROJECTS}/{project}/environments`,
      right: "viewProject",
      apply: known((project, { query }) =>
        listed(environmentsOf(project).map(viewed), `${PROJECTS}/${project}/environments`, query),
      ),
    }),
    route({
      method: "GET",
      path: `${PROJECTS}/{project}/environments/{environment}`,
      right: "viewProject",
      apply: known((project, { parameters }) => {
        const found = environmentsOf(project).find((one) => one.environment === parameters.environment);
        return found ? { kind: "json", status: 200, body: viewed(found) } : notFound;
      }),
    }),
  ];
}

function listed(
  all: readonly { readonly key: string; readonly name: string }[],
  path: string,
  query: URLSearchParams,
): SandboxAnswer {
  const filter = filterOf(query);
  if (typeof filter !== "function") return filter;
  const page = pageOf(all.filter(filter), { path, query });
  return "kind" in page ? page : { kind: "json", status: 200, body: { ...page.body, items: page.items } };
}

function projectView(
  project: string,
  items: readonly ReturnType<typeof environmentView>[],
  query: URLSearchParams,
) {
  const self = `${PROJECTS}/${project}`;
  const isExpanded = query.get("expand")?.split(",").includes("environments") ?? false;
  return {
    _links: { self: link(self), environments: link(`${self}/environments`) },
    _id: hash("sha256", project).slice(0, 24),
    key: project,
    name: titleOf(project),
    includeInSnippetByDefault: false,
    defaultClientSideAvailability: { usingMobileKey: false, usingEnvironmentId: false },
    tags: [],
    ...(isExpanded && {
      environments: { _links: { self: link(`${self}/environments`) }, totalCount: items.length, items },
    }),
  };
}

/** Flags and segments have approval settings of their own: `approvalSettings` are those of flags. */
function environmentView({
  project,
  environment,
  clientSideId,
  segmentApprovals,
}: SandboxEnvironment & { readonly segmentApprovals: "required" | "none" }) {
  return {
    _links: { self: link(`${PROJECTS}/${project}/environments/${environment}`) },
    _id: clientSideId,
    key: environment,
    name: titleOf(environment),
    apiKey: `sdk-${clientSideId}`,
    mobileKey: `mob-${clientSideId}`,
    color: "417505",
    defaultTtl: 0,
    secureMode: false,
    defaultTrackEvents: false,
    requireComments: false,
    confirmChanges: false,
    tags: [],
    critical: environment === "production",
    approvalSettings: approvalSettings("none"),
    resourceApprovalSettings: { segment: approvalSettings(segmentApprovals) },
  };
}

function approvalSettings(approvals: "required" | "none") {
  return {
    required: approvals === "required",
    bypassApprovalsForPendingChanges: false,
    minNumApprovals: 1,
    canReviewOwnRequest: false,
    canApplyDeclinedChanges: true,
    serviceKind: "launchdarkly",
    serviceConfig: {},
    requiredApprovalTags: [],
  };
}
