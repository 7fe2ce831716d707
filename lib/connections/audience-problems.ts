import { audienceRuleProblems } from "./audience-rule-problems.ts";
import {
  type Environments,
  missingKeys,
  repeatedEnvironment,
  unknownEnvironment,
} from "./environment-problems.ts";
import { contextKindProblem, isProvisionedOnRequest } from "./integrations.ts";
import type { Problem } from "./problems.ts";
import type { Connection } from "./schema.ts";
import { SOURCE_TRAITS } from "./source-traits.ts";

/** The problems of a connection's `audiences`: what its source does not allow, or its environments do not support. */
export function audienceProblems(
  name: string,
  { source, audiences }: Connection,
  environments: Environments,
): Problem[] {
  const at =
    (...path: readonly PropertyKey[]) =>
    (message: string) => ({ path: ["connections", name, "audiences", ...path], message });
  return [
    ...audiences.to.flatMap((environment, index) =>
      (audiences.to.indexOf(environment) < index
        ? [repeatedEnvironment(environment)]
        : destinationProblems(environment, audiences, environments)
      ).map(at("to", index)),
    ),
    ...contextKeyProblems(source, audiences.contextKey ?? []).map(({ index, problem }) =>
      at("contextKey", index)(problem),
    ),
    ...Object.entries(audiences.byAudience ?? {}).flatMap(([id, { contextKey }]) =>
      contextKeyProblems(source, contextKey ?? []).map(({ index, problem }) =>
        at("byAudience", id, "contextKey", index)(problem),
      ),
    ),
    ...audienceRuleProblems({ source, audiences }).map(({ path, message }) => at(...path)(message)),
    ...segmentProblems(source, audiences).map(at("segment")),
    ...integrationProblems(source, audiences).map(at("integration")),
    ...provisionedProblems(audiences, environments).map(at("provisioned")),
  ];
}

function destinationProblems(
  environment: string,
  { writer, provisioned }: Connection["audiences"],
  environments: Environments,
): string[] {
  const unknown = unknownEnvironment(environment, environments);
  if (unknown.length > 0) return unknown;
  if (writer !== "synced") return missingKeys(environment, `writer: ${writer}`, environments);
  const instance = environments.environments.get(environment)?.instance;
  if (!isProvisionedOnRequest(instance) || provisioned) return [];
  return [
    `expected an environment of the us instance or of a custom one, or writer: big or list: "${environment}" is on ${instance}, and LaunchDarkly has no synced segments there unless it has provisioned the integration for you: then add provisioned: true, and let npx flagbridge doctor --write prove it`,
  ];
}

function provisionedProblems(
  { provisioned, writer, to }: Connection["audiences"],
  { environments }: Environments,
): string[] {
  if (provisioned === undefined) return [];
  if (writer !== "synced")
    return [`expected no provisioned with writer: ${writer}, which needs no integration; remove it`];
  const known = to.flatMap((name) => environments.get(name) ?? []);
  if (known.length < to.length || known.some(({ instance }) => isProvisionedOnRequest(instance))) return [];
  return [
    "expected an environment of the eu or federal instance in to: elsewhere it means nothing; remove it",
  ];
}

function integrationProblems(
  source: Connection["source"],
  { writer, integration, contextKind }: Connection["audiences"],
): string[] {
  if (writer === "synced") {
    const name = integration ?? SOURCE_TRAITS[source].integration;
    const problem = name && contextKindProblem(name, contextKind);
    return problem === undefined ? [] : [problem];
  }
  if (integration === undefined) return [];
  return [
    `expected no integration with writer: ${writer}, whose segments belong to none; remove it, or set writer: synced`,
  ];
}

function segmentProblems(source: Connection["source"], { segment, to }: Connection["audiences"]): string[] {
  const isWanted = !SOURCE_TRAITS[source].namesSegments && to.length > 0;
  if (isWanted === (segment !== undefined)) return [];
  if (isWanted)
    return [
      `it is missing: requests of source ${source} name no segment, so the connection does: { id: …, name: … }`,
    ];
  return [`expected no segment: requests of source ${source} name their own; remove the option`];
}

function contextKeyProblems(source: Connection["source"], names: readonly string[]) {
  const { known, paths = [] } = SOURCE_TRAITS[source].contextKeys;
  return names.flatMap((name, index) => {
    if (known.length === 0) {
      return [
        {
          index,
          problem: `expected no contextKey: requests of source ${source} name the key themselves; remove the option`,
        },
      ];
    }
    if (known !== "any" && !known.includes(name) && !isPathFrom(paths, name))
      return [
        {
          index,
          problem: `expected one of ${known.join(", ")}${paths.length > 0 ? `, or a path that starts with ${paths.map((path) => `${path}.`).join(", ")}` : ""}, which source ${source} has`,
        },
      ];
    if (names.indexOf(name) < index)
      return [{ index, problem: `expected every name once, ${name} is there already` }];
    return [];
  });
}

function isPathFrom(starts: readonly string[], name: string): boolean {
  const [start = "", ...steps] = name.split(".");
  return starts.includes(start) && steps.length > 0 && !steps.includes("");
}
