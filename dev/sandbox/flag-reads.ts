import { type ApiDoorConfig, apiDoor, notFound } from "./api-door.ts";
import type { FlagStore } from "./flag-store.ts";
import { flagView } from "./flag-view.ts";
import { filterOf, pageOf } from "./listing.ts";
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from "./route.ts";

export type FlagReadsConfig = ApiDoorConfig & {
  readonly flags: Pick<FlagStore, "flag" | "flags">;
  readonly environments: readonly { readonly project: string }[];
};

/** Flags as people and their tools read them. A flag is there from its first toggle on. https://launchdarkly.com/docs/api/feature-flags */
export function flagReadRoutes(config: FlagReadsConfig): readonly SandboxRoute[] {
  const route = apiDoor("api", config);
  return [
    route({
      method: "GET",
      path: "/api/v2/flags/{project}",
      right: "viewProject",
      apply: (request) => list(request, config),
    }),
    route({
      method: "GET",
      path: "/api/v2/flags/{project}/{flag}",
      right: "viewProject",
      apply: ({ parameters: { project = "", flag: key = "" }, query }) => {
        const flag = config.flags.flag(project, key);
        return flag ? { kind: "json", status: 200, body: flagView(flag, environmentsIn(query)) } : notFound;
      },
    }),
  ];
}

function list(
  { parameters: { project = "" }, query }: SandboxRequest,
  { flags, environments }: FlagReadsConfig,
): SandboxAnswer {
  const all = flags.flags(project);
  if (all.length === 0 && !environments.some((one) => one.project === project)) return notFound;
  const filter = filterOf(query);
  if (typeof filter !== "function") return filter;
  const tag = query.get("tag");
  const wanted = all.filter((flag) => filter(flag) && (tag === null || flag.tags.includes(tag)));
  const page = pageOf(wanted, { path: `/api/v2/flags/${project}`, query });
  if ("kind" in page) return page;
  const items = page.items.map((flag) => flagView(flag, environmentsIn(query)));
  return { kind: "json", status: 200, body: { ...page.body, items } };
}

/** `env` may be there several times. */
function environmentsIn(query: URLSearchParams): readonly string[] | undefined {
  const named = query.getAll("env");
  return named.length > 0 ? named : undefined;
}
