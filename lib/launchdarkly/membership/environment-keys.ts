import * as z from "zod/mini";
import type { LaunchDarklyEnvironment } from "../../connections/schema.ts";
import { readJson } from "../../json.ts";
import type { Client } from "../client.ts";
import { type Patience, patientCall, reasonOf } from "./patient-call.ts";

/** The keys by which LaunchDarkly's public API names an environment. */
export type EnvironmentKeys = { readonly project: string; readonly environment: string };

type Asked = EnvironmentKeys | { readonly why: string };

const PROJECTS_PER_PAGE = 100;
const MAX_ANSWER_BYTES = 16 * 1_024 * 1_024;

/** https://launchdarkly.com/docs/api/projects/get-projects: the `_id` of an environment is its client-side ID. */
const projectList = z.object({
  items: z.array(
    z.object({
      key: z.string(),
      environments: z.optional(z.object({ items: z.array(z.object({ _id: z.string(), key: z.string() })) })),
    }),
  ),
  totalCount: z.optional(z.number()),
});

/** The keys of each environment by its name in connections.yml, asked for once. */
export function rememberedKeys({
  clientOf,
  patience,
}: {
  readonly clientOf: (environment: string) => Client;
  readonly patience: Patience;
}): (name: string, settings: LaunchDarklyEnvironment) => Promise<Asked> {
  const known = new Map<string, Promise<Asked>>();
  return (name, settings) => {
    const keys = known.get(name) ?? environmentKeys(settings, { client: clientOf(name), patience });
    known.set(name, keys);
    return keys;
  };
}

/**
 * The keys of an environment: those of connections.yml, else what LaunchDarkly has for its client-side ID. An environment of synced
 * segments needs no keys in connections.yml, but reading it takes them.
 */
async function environmentKeys(
  { project, environment, clientSideId }: LaunchDarklyEnvironment,
  { client, patience }: { readonly client: Client; readonly patience: Patience },
): Promise<Asked> {
  if (project !== undefined && environment !== undefined) return { project, environment };
  for (let offset = 0; ; offset += PROJECTS_PER_PAGE) {
    const request = {
      method: "GET" as const,
      route: "/api/v2/projects",
      path: `/api/v2/projects?expand=environments&limit=${PROJECTS_PER_PAGE}&offset=${offset}`,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    };
    const outcome = await patientCall(() => client.call(request, {}), patience);
    if (outcome.kind !== "taken") return { why: reasonOf(outcome) };
    const { data } = z.safeParse(projectList, readJson(outcome.body));
    if (!data) return { why: "answer-unreadable" };
    for (const { key, environments } of data.items) {
      const found = environments?.items.find(({ _id }) => _id === clientSideId);
      if (found) return { project: key, environment: found.key };
    }
    if (data.items.length < PROJECTS_PER_PAGE) return { why: "environment-not-found" };
  }
}
