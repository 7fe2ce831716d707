import { NOT_THERE } from "./environment-problems.ts";
import type { Problem } from "./problems.ts";
import type { Connection, PosthogProject } from "./schema.ts";

/** The valid parts of the rest of the file. Names are undefined when their section is not a mapping. */
export type Known = {
  readonly environmentNames: readonly string[] | undefined;
  readonly projectNames: readonly string[] | undefined;
  readonly projects: ReadonlyMap<string, PosthogProject>;
};

/** The problems of a connection's `posthog` and `sweep`, and of other sections on a connection of source launchdarkly. */
export function flagChangeProblems(name: string, connection: Connection, known: Known): Problem[] {
  const { source, posthog, sweep, audiences } = connection;
  const at =
    (...path: readonly PropertyKey[]) =>
    (message: string) => ({ path: ["connections", name, ...path], message });
  if (source !== "launchdarkly") {
    return (["posthog", "sweep"] as const)
      .filter((option) => connection[option] !== undefined)
      .map((option) =>
        at(option)(
          "expected no such option: only requests of source launchdarkly hold flag changes; remove it",
        ),
      );
  }
  return [
    ...(audiences.to.length > 0
      ? [
          at("audiences")(
            "expected no audiences: requests of source launchdarkly hold flag changes; remove them",
          ),
        ]
      : []),
    ...(posthog?.to ?? []).flatMap((project, index) =>
      projectProblems(project, posthog?.to.indexOf(project) !== index, known).map(at("posthog", "to", index)),
    ),
    ...(posthog?.annotations ? posthog.to : [])
      .filter(
        (project) => known.projects.get(project)?.projectId === undefined && known.projects.has(project),
      )
      .map((project) =>
        at("posthog", "annotations")(`expected a projectId of every project: add it to posthog.${project}`),
      ),
    ...(sweep && known.environmentNames && !known.environmentNames.includes(sweep.using)
      ? [
          at(
            "sweep",
            "using",
          )(
            `expected an environment of launchdarkly (${listed(known.environmentNames)}), found "${sweep.using}"${NOT_THERE}`,
          ),
        ]
      : []),
  ];
}

function projectProblems(project: string, repeated: boolean, { projectNames }: Known): string[] {
  if (repeated) return [`expected every project once, "${project}" is there already: remove one`];
  if (projectNames === undefined || projectNames.includes(project)) return [];
  return [`expected a project of posthog (${listed(projectNames)}), found "${project}"${NOT_THERE}`];
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ") || "none is there";
}
