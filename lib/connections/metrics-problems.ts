import {
  type Environments,
  missingKeys,
  repeatedEnvironment,
  unknownEnvironment,
} from "./environment-problems.ts";
import type { Problem } from "./problems.ts";
import type { Connection } from "./schema.ts";
import { SOURCE_TRAITS } from "./source-traits.ts";

/** The problems of a connection's `metrics`. */
export function metricsProblems(
  name: string,
  { source, metrics }: Connection,
  environments: Environments,
): Problem[] {
  if (!metrics) return [];
  const at =
    (...path: readonly PropertyKey[]) =>
    (message: string) => ({ path: ["connections", name, "metrics", ...path], message });
  if (!SOURCE_TRAITS[source].sendsEvents)
    return [at()(`expected no metrics: requests of source ${source} hold no events; remove them`)];
  return [
    ...metrics.to.flatMap((environment, index) =>
      (metrics.to.indexOf(environment) < index
        ? [repeatedEnvironment(environment)]
        : [
            ...unknownEnvironment(environment, environments),
            ...(metrics.route === "import" ? missingKeys(environment, "route: import", environments) : []),
          ]
      ).map(at("to", index)),
    ),
    ...(SOURCE_TRAITS[source].sendsEvents === "events" ? CALL_OPTIONS : [])
      .filter((option) => metrics[option] !== undefined && metrics[option] !== false)
      .map((option) =>
        at(option)(`expected no such option: events of source ${source} say it themselves; remove it`),
      ),
    ...(metrics.alias && SOURCE_TRAITS[source].sendsEvents === "calls" && !SOURCE_TRAITS[source].sendsAliases
      ? [at("alias")(`expected false: source ${source} has no alias calls; remove it`)]
      : []),
    ...deadEndProblems(metrics, SOURCE_TRAITS[source].callFields ?? []).map(({ option, problem }) =>
      at(option)(problem),
    ),
    ...(metrics.route === "import" && metrics.eventSchema !== 4
      ? [at("eventSchema")("expected 4, or route: client-side: the import route takes no other schema")]
      : []),
    ...(metrics.route === "import" && metrics.alias
      ? [at("alias")("expected false, or route: client-side: the import route takes custom events only")]
      : []),
  ];
}

/** Settings that together select no event, or only events that cannot be sent. */
function deadEndProblems(
  metrics: NonNullable<Connection["metrics"]>,
  callFields: readonly string[],
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
      .filter((name) => callFields.length > 0 && !callFields.includes(name.split(".", 1)[0] ?? ""))
      .map((name) => ({
        option: "contextKeys",
        problem: `expected names that start with ${callFields.join(", ")}, found "${name}": no call has it`,
      })),
  ];
}

/** The options that say how a call is read. An event in Flagbridge's own format already states all of this. */
const CALL_OPTIONS = ["contextKeys", "value", "alias"] as const;
