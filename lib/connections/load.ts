import { SOURCES } from "../sources/sources.ts";
import { contextKindProblem } from "./integrations.ts";
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

/** The ledger keeps one writer per segment by the environment's name, so an environment has one name only. */
function environmentProblems({ environments }: Parts): string[] {
  const seen = new Map<string, string>();
  return [...environments].flatMap(([name, { clientSideId }]) => {
    const first = seen.get(clientSideId);
    if (first === undefined) {
      seen.set(clientSideId, name);
      return [];
    }
    const path = pathOf(["launchdarkly", name, "clientSideId"]);
    return [
      `${path}: expected an environment that is not in the list yet, this one is "${first}": use that name`,
    ];
  });
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

function audienceProblems(name: string, { source, audiences }: Connection, parts: Parts): string[] {
  const at = (...path: readonly PropertyKey[]) => pathOf(["connections", name, "audiences", ...path]);
  return [
    ...audiences.to.flatMap((environment, index) =>
      destinationProblems(environment, audiences.to.indexOf(environment) < index, parts).map(
        (problem) => `${at("to", index)}: ${problem}`,
      ),
    ),
    ...contextKeyProblems(source, audiences.contextKey ?? []).map(
      ({ index, problem }) => `${at("contextKey", index)}: ${problem}`,
    ),
    ...segmentProblems(source, audiences).map((problem) => `${at("segment")}: ${problem}`),
    ...[contextKindProblem(audiences.integration ?? SOURCES[source].integration, audiences.contextKind)]
      .filter((problem) => problem !== undefined)
      .map((problem) => `${at("integration")}: ${problem}`),
  ];
}

function segmentProblems(source: Connection["source"], { segment, to }: Connection["audiences"]): string[] {
  const isWanted = !SOURCES[source].namesSegments && to.length > 0;
  if (isWanted === (segment !== undefined)) return [];
  if (isWanted)
    return [
      `it is missing: requests of source ${source} name no segment, so the connection does: { id: …, name: … }`,
    ];
  return [`expected no segment: requests of source ${source} name their own; remove the option`];
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
        ...importProblems(environment, metrics.route, parts),
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

/** The import route's URL has both keys in it. */
function importProblems(environment: string, route: string, { environments }: Parts): string[] {
  const found = environments.get(environment);
  if (route !== "import" || !found || (found.project && found.environment)) return [];
  return [
    `expected an environment with project and environment keys, which route: import needs: add them to launchdarkly.${environment}`,
  ];
}

function destinationProblems(environment: string, repeated: boolean, parts: Parts): string[] {
  const unknown = unknownEnvironment(environment, parts);
  if (unknown.length > 0) return unknown;
  const instance = parts.environments.get(environment)?.instance;
  return [
    ...repeatedEnvironment(environment, repeated),
    // https://launchdarkly.com/docs/integrations/partner-integrations/synced-segments
    ...(instance === "eu" || instance === "federal"
      ? [
          `expected an environment of the us instance or of a custom one, "${environment}" is on ${instance}: LaunchDarkly has no synced segments there`,
        ]
      : []),
  ];
}

function unknownEnvironment(environment: string, { environmentNames }: Parts): string[] {
  if (environmentNames.includes(environment)) return [];
  const known = environmentNames.map((name) => `"${name}"`).join(", ") || "none is there";
  return [
    `expected an environment of launchdarkly (${known}), found "${environment}": correct it or add it there`,
  ];
}

function repeatedEnvironment(environment: string, repeated: boolean): string[] {
  return repeated ? [`expected every environment once, "${environment}" is there already: remove one`] : [];
}

function contextKeyProblems(source: Connection["source"], names: readonly string[]) {
  const { known } = SOURCES[source].contextKeys;
  return names.flatMap((name, index) => {
    if (known.length === 0) {
      return [
        {
          index,
          problem: `expected no contextKey: requests of source ${source} name the key themselves; remove the option`,
        },
      ];
    }
    if (known !== "any" && !known.includes(name))
      return [{ index, problem: `expected one of ${known.join(", ")}, which source ${source} has` }];
    if (names.indexOf(name) < index)
      return [{ index, problem: `expected every name once, ${name} is there already` }];
    return [];
  });
}
