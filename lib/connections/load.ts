import type * as z from "zod";
import { anotherFile } from "./another-file.ts";
import { audienceProblems } from "./audience-problems.ts";
import { environmentProblems, NOT_THERE } from "./environment-problems.ts";
import { erasureProblems } from "./erasure-problems.ts";
import { flagChangeProblems } from "./flag-change-problems.ts";
import { lostNames } from "./lost-names.ts";
import { metricsProblems } from "./metrics-problems.ts";
import { correctNames, membersOf, withSuggestion } from "./misspelt.ts";
import { nearest } from "./nearest.ts";
import { describeProblem, type Problem, pathOf, problemsIn, type Wording } from "./problems.ts";
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
import { SOURCE_TRAITS } from "./source-traits.ts";

export type CheckedConnections =
  | { readonly ok: true; readonly connections: Connections }
  | { readonly ok: false; readonly problems: string[] };

/** The same as {@link CheckedConnections}, with the path of each problem. */
export type InspectedConnections =
  | { readonly ok: true; readonly connections: Connections }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks the content of connections.yml, or of the JSON made from it. It returns all problems at once, those of the shape
 * and those of references: each has its path, what was expected and what to do. Problems quote names of the file, which
 * holds no secrets.
 */
export function checkConnections(value: unknown): CheckedConnections {
  const inspected = inspectConnections(value);
  return inspected.ok ? inspected : { ok: false, problems: inspected.problems.map(describeProblem) };
}

/** The same as {@link checkConnections}, for callers that map the paths to places in a file. */
export function inspectConnections(value: unknown): InspectedConnections {
  const { value: meant, problems: misspelt, asWritten } = correctNames(value, shapeProblems);
  const other = anotherFile(meant);
  if (other !== undefined) return { ok: false, problems: [other] };
  const parsed = connectionsFile.safeParse(meant);
  const problems = [
    ...misspelt,
    ...shapeProblems(meant).map(withSuggestion),
    ...lostNames(meant),
    ...purposeProblems(meant),
    ...told(crossReferenceProblems(soundParts(meant))),
  ];
  if (parsed.success && problems.length === 0) return { ok: true, connections: parsed.data };
  return {
    ok: false,
    problems: problems.map((problem) => ({ ...problem, path: asWritten(problem.path) })),
  };
}

function shapeProblems(value: unknown): readonly Problem[] {
  const { error } = connectionsFile.safeParse(value);
  return error ? problemsIn(error, value, WORDING) : [];
}

const WORDING: Wording = {
  foundText: (text, choices) => {
    const meant = nearest(text, choices);
    const found = `found "${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
    return meant === undefined ? found : `${found}: did you mean "${meant}"?`;
  },
};

/** A connection without a destination would accept everything and lose it. */
function purposeProblems(value: unknown): Problem[] {
  return Object.entries(membersOf(membersOf(value).connections)).flatMap(([name, part]) => {
    const { source, audiences, metrics, posthog, erasures } = membersOf(part);
    // The source decides which sections count as a destination.
    if (typeof source !== "string" || !Object.hasOwn(SOURCE_TRAITS, source)) return [];
    if (source === "launchdarkly")
      return posthog === undefined ? [nowhereToSend(name, "posthog, with a project of posthog")] : [];
    const { to } = membersOf(audiences);
    const sendsToNobody = audiences === undefined || (Array.isArray(to) && to.length === 0);
    if (metrics !== undefined || erasures === true || !sendsToNobody) return [];
    return [nowhereToSend(name, "audiences or metrics, with an environment of launchdarkly")];
  });
}

function nowhereToSend(name: string, expected: string): Problem {
  return { path: ["connections", name], message: `expected ${expected} in its "to"` };
}

/** The parts of a file that can be checked against each other although other parts have problems. */
type Parts = {
  /** The names of all environments, also of those with problems; undefined when the section is not a mapping. */
  readonly environmentNames: readonly string[] | undefined;
  readonly environments: ReadonlyMap<string, LaunchDarklyEnvironment>;
  readonly projectNames: readonly string[] | undefined;
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
    environmentNames: namesIn(file.launchdarkly),
    environments: soundOnes(environments, launchdarklyEnvironment),
    projectNames: namesIn(file.posthog),
    projects: soundOnes(projects, posthogProject),
    connections: soundOnes(connections, connectionSchema),
    isEmpty: connections.length === 0 && namesIn(file.connections ?? null) !== undefined,
  };
}

/** An absent section defines no names. When a section is not a mapping, nobody knows which names it was meant to define. */
function namesIn(section: unknown): readonly string[] | undefined {
  const isReadable =
    section === undefined || (typeof section === "object" && section !== null && !Array.isArray(section));
  return isReadable ? Object.keys(membersOf(section)) : undefined;
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

/** Reports a name that the file does not define once, at the first place that uses it, and lists the other places. */
function told(problems: readonly Problem[]): Problem[] {
  const named = new Map<string, Problem[]>();
  for (const problem of problems.filter(({ message }) => message.endsWith(NOT_THERE)))
    named.set(problem.message, [...(named.get(problem.message) ?? []), problem]);
  return problems.flatMap((problem) => {
    const [first, ...others] = named.get(problem.message) ?? [problem];
    if (problem !== first) return [];
    if (others.length === 0) return [problem];
    const places = others.map(({ path }) => pathOf(path)).join(", ");
    return [{ ...problem, message: `${problem.message} (it is named in ${places} too)` }];
  });
}

function crossReferenceProblems(parts: Parts): Problem[] {
  const none = "expected at least one connection; connections.example.yml has some to start from";
  return [
    ...(parts.isEmpty ? [{ path: ["connections"], message: none }] : []),
    ...environmentProblems(parts),
    ...secretProblems(parts),
    ...[...parts.connections].flatMap(([name, connection]) => [
      ...partlySignedProblems(name, connection),
      // flagChangeProblems reports that this source cannot have audiences at all.
      ...(connection.source === "launchdarkly" && connection.audiences.to.length > 0
        ? []
        : audienceProblems(name, connection, parts)),
      ...metricsProblems(name, connection, parts),
      ...flagChangeProblems(name, connection, parts),
      ...erasureProblems(name, connection, parts),
    ]),
  ];
}

/** A key that two connections share cannot say which of them a request is for, so each secret has one owner. */
function secretProblems({ connections, environments, projects }: Parts): Problem[] {
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
      {
        path: ["connections", name, "secret"],
        message: `expected a secret of its own, "${secret}" is that of ${owner}: name another and create it`,
      },
    ];
  });
}

function partlySignedProblems(name: string, { source, allowPartlySignedBatches }: Connection): Problem[] {
  if (allowPartlySignedBatches === undefined || SOURCE_TRAITS[source].signature?.maySignFirstEventOnly)
    return [];
  return [
    {
      path: ["connections", name, "allowPartlySignedBatches"],
      message: `expected no such option: no signature of source ${source} covers a part of a batch; remove it`,
    },
  ];
}
