import { SOURCES } from "../sources/sources.ts";
import { audienceProblems } from "./audience-problems.ts";
import {
  environmentProblems,
  missingKeys,
  repeatedEnvironment,
  unknownEnvironment,
} from "./environment-problems.ts";
import { describeProblems, pathOf } from "./problems.ts";
import {
  type Connection,
  type Connections,
  connection as connectionSchema,
  connectionsFile,
  type LaunchDarklyEnvironment,
  launchdarklyEnvironment,
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
    const { audiences, metrics } = membersOf(part);
    const { to } = membersOf(audiences);
    const sendsToNobody = audiences === undefined || (Array.isArray(to) && to.length === 0);
    if (metrics !== undefined || !sendsToNobody || typeof part !== "object" || part === null) return [];
    return [
      `${pathOf(["connections", name])}: expected audiences or metrics, with an environment of launchdarkly in its "to"`,
    ];
  });
}

/** What can be checked against each other although something else in the file is wrong. */
type Parts = {
  /** Every environment that is named, whether or not it is sound. */
  readonly environmentNames: readonly string[];
  readonly environments: ReadonlyMap<string, LaunchDarklyEnvironment>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly isEmpty: boolean;
};

function soundParts(value: unknown): Parts {
  const file = membersOf(value);
  const environments = Object.entries(membersOf(file.launchdarkly));
  const connections = Object.entries(membersOf(file.connections));
  return {
    environmentNames: environments.map(([name]) => name),
    environments: new Map(
      environments.flatMap(([name, part]) => {
        const { data } = launchdarklyEnvironment.safeParse(part);
        return data ? [[name, data] as const] : [];
      }),
    ),
    connections: new Map(
      connections.flatMap(([name, part]) => {
        const { data } = connectionSchema.safeParse(part);
        return data ? [[name, data] as const] : [];
      }),
    ),
    isEmpty: typeof file.connections === "object" && connections.length === 0,
  };
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
    ]),
  ];
}

/** A key that two connections share cannot say which of them a request is for. */
function secretProblems({ connections, environments }: Parts): string[] {
  const owners = new Map(
    [...environments].map(([name, { secret }]) => [secret, pathOf(["launchdarkly", name])]),
  );
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

function metricsProblems(name: string, { source, metrics }: Connection, parts: Parts): string[] {
  if (!metrics) return [];
  const at = (...path: readonly PropertyKey[]) => pathOf(["connections", name, "metrics", ...path]);
  if (!SOURCES[source].sendsEvents)
    return [`${at()}: expected no metrics: requests of source ${source} hold no events; remove them`];
  return [
    ...metrics.to.flatMap((environment, index) =>
      [
        ...unknownEnvironment(environment, parts),
        ...repeatedEnvironment(environment, metrics.to.indexOf(environment) < index),
        ...(metrics.route === "import" ? missingKeys(environment, "route: import", parts) : []),
      ].map((problem) => `${at("to", index)}: ${problem}`),
    ),
    ...(SOURCES[source].sendsEvents === "events" ? CALL_OPTIONS : [])
      .filter((option) => metrics[option] !== undefined && metrics[option] !== false)
      .map(
        (option) =>
          `${at(option)}: expected no such option: events of source ${source} say it themselves; remove it`,
      ),
    ...deadEndProblems(metrics).map(({ option, problem }) => `${at(option)}: ${problem}`),
    ...(metrics.route === "import" && metrics.eventSchema !== 4
      ? [`${at("eventSchema")}: expected 4, or route: client-side: the import route takes no other schema`]
      : []),
    ...(metrics.route === "import" && metrics.alias
      ? [`${at("alias")}: expected false, or route: client-side: the import route takes custom events only`]
      : []),
  ];
}

/** Settings that together let nothing through, or nothing that can be sent. */
function deadEndProblems(
  metrics: NonNullable<Connection["metrics"]>,
): { readonly option: string; readonly problem: string }[] {
  const { only, except, eventSchema, contextKind, contextKeys } = metrics;
  const sendsNothing = only?.every((name) => except?.includes(name)) ?? false;
  const hasNoUserKey =
    eventSchema === 3 && contextKeys !== undefined && !Object.hasOwn(contextKeys, contextKind);
  return [
    ...(sendsNothing
      ? [{ option: "only", problem: "expected a name that is not in except too: as it is, nothing is sent" }]
      : []),
    ...(hasNoUserKey
      ? [
          {
            option: "contextKeys",
            problem: `expected a key of kind ${contextKind}, the one that eventSchema 3 sends: add it`,
          },
        ]
      : []),
    ...Object.values(contextKeys ?? {})
      .flat()
      .filter((name) => !CALL_FIELDS.has(name.split(".", 1)[0] ?? ""))
      .map((name) => ({
        option: "contextKeys",
        problem: `expected names that start with ${[...CALL_FIELDS].join(", ")}, found "${name}": no call has it`,
      })),
  ];
}

/** What calls of the Segment family hold that a key may stand in. https://segment.com/docs/connections/spec/common/ */
const CALL_FIELDS: ReadonlySet<string> = new Set([
  "userId",
  "anonymousId",
  "groupId",
  "properties",
  "traits",
  "context",
]);

/** How a call is read; an event that comes as it is to be sent has all of it. */
const CALL_OPTIONS = ["contextKeys", "value", "alias"] as const;
