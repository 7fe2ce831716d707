import type * as z from "zod";
import { SOURCES } from "../sources/sources.ts";
import { audienceProblems } from "./audience-problems.ts";
import { environmentProblems } from "./environment-problems.ts";
import { flagChangeProblems } from "./flag-change-problems.ts";
import { metricsProblems } from "./metrics-problems.ts";
import { describeProblems, pathOf } from "./problems.ts";
import {
  type Connection,
  type Connections,
  connection as connectionSchema,
  connectionsFile,
  type LaunchDarklyEnvironment,
  launchdarklyEnvironment,
  type PosthogProject,
  posthogProject,
} from "./schema.ts";

export type CheckedConnections =
  | { readonly ok: true; readonly connections: Connections }
  | { readonly ok: false; readonly problems: string[] };

/**
 * Checks what connections.yml (or the JSON made of it) holds. All problems at once, those of the shape and those of
 * what refers to what: each with its path, what was expected and what to do. They quote names of the file, and a
 * file holds no secrets.
 */
export function checkConnections(value: unknown): CheckedConnections {
  const parsed = connectionsFile.safeParse(value);
  const problems = [
    ...(parsed.success ? [] : describeProblems(parsed.error, value)),
    ...purposeProblems(value),
    ...crossReferenceProblems(soundParts(value)),
  ];
  if (parsed.success && problems.length === 0) return { ok: true, connections: parsed.data };
  return { ok: false, problems };
}

/** A connection that sends to nobody would take everything and lose it. */
function purposeProblems(value: unknown): string[] {
  return Object.entries(membersOf(membersOf(value).connections)).flatMap(([name, part]) => {
    const { source, audiences, metrics, posthog } = membersOf(part);
    if (source === "launchdarkly")
      return posthog === undefined ? [nowhereToSend(name, "posthog, with a project of posthog")] : [];
    const { to } = membersOf(audiences);
    const sendsToNobody = audiences === undefined || (Array.isArray(to) && to.length === 0);
    if (metrics !== undefined || !sendsToNobody || typeof part !== "object" || part === null) return [];
    return [nowhereToSend(name, "audiences or metrics, with an environment of launchdarkly")];
  });
}

function nowhereToSend(name: string, expected: string): string {
  return `${pathOf(["connections", name])}: expected ${expected} in its "to"`;
}

/** What can be checked against each other although something else in the file is wrong. */
type Parts = {
  /** Every environment that is named, whether or not it is sound. */
  readonly environmentNames: readonly string[];
  readonly environments: ReadonlyMap<string, LaunchDarklyEnvironment>;
  readonly projectNames: readonly string[];
  readonly projects: ReadonlyMap<string, PosthogProject>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly isEmpty: boolean;
};

function soundParts(value: unknown): Parts {
  const file = membersOf(value);
  const environments = Object.entries(membersOf(file.launchdarkly));
  const projects = Object.entries(membersOf(file.posthog));
  const connections = Object.entries(membersOf(file.connections));
  return {
    environmentNames: environments.map(([name]) => name),
    environments: soundOnes(environments, launchdarklyEnvironment),
    projectNames: projects.map(([name]) => name),
    projects: soundOnes(projects, posthogProject),
    connections: soundOnes(connections, connectionSchema),
    isEmpty: typeof file.connections === "object" && connections.length === 0,
  };
}

function soundOnes<Schema extends z.ZodType>(
  parts: readonly (readonly [string, unknown])[],
  schema: Schema,
): ReadonlyMap<string, z.output<Schema>> {
  return new Map(
    parts.flatMap(([name, part]) => {
      const { success, data } = schema.safeParse(part);
      return success ? [[name, data] as const] : [];
    }),
  );
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function crossReferenceProblems(parts: Parts): string[] {
  return [
    ...(parts.isEmpty
      ? ["connections: expected at least one connection; connections.example.yml has some to start from"]
      : []),
    ...environmentProblems(parts),
    ...secretProblems(parts),
    ...[...parts.connections].flatMap(([name, connection]) => [
      ...partlySignedProblems(name, connection),
      ...audienceProblems(name, connection, parts),
      ...metricsProblems(name, connection, parts),
      ...flagChangeProblems(name, connection, parts),
    ]),
  ];
}

/** A key that two connections share cannot say which of them a request is for. */
function secretProblems({ connections, environments, projects }: Parts): string[] {
  const owners = new Map([
    ...[...environments].map(([name, { secret }]) => [secret, pathOf(["launchdarkly", name])] as const),
    ...[...projects].map(([name, { secret }]) => [secret, pathOf(["posthog", name])] as const),
  ]);
  return [...connections].flatMap(([name, { secret }]) => {
    const own = pathOf(["connections", name]);
    const owner = owners.get(secret);
    owners.set(secret, owner ?? own);
    if (owner === undefined) return [];
    return [
      `${own}.secret: expected a secret of its own, "${secret}" is that of ${owner}: name another and create it`,
    ];
  });
}

function partlySignedProblems(name: string, { source, allowPartlySignedBatches }: Connection): string[] {
  if (allowPartlySignedBatches === undefined || SOURCES[source].signature?.maySignFirstEventOnly) return [];
  const path = pathOf(["connections", name, "allowPartlySignedBatches"]);
  return [
    `${path}: expected no such option: no signature of source ${source} covers a part of a batch; remove it`,
  ];
}
