import { keyOf, readResource } from "./resource.ts";

type Access = { readonly action: string; readonly resource: string; readonly on?: boolean | undefined };

/** What the accesses of a change, or some of them, say. What they do not say is absent. */
export type ChangeFacts = {
  /** The first that has one. */
  readonly action?: string | undefined;
  readonly actions: readonly string[];
  readonly project?: string | undefined;
  /** `*` stands for every environment of the project. */
  readonly environments: readonly string[];
  readonly flagKey?: string | undefined;
  /** Key of what was changed, whatever its kind. */
  readonly resourceKey?: string | undefined;
  /** Which way the flag was turned, where all of the accesses that turned it agree. */
  readonly direction?: "on" | "off" | undefined;
};

export function factsOf(accesses: readonly Access[]): ChangeFacts {
  const resources = accesses.map(({ resource }) => readResource(resource));
  const actions = distinct(accesses.map(({ action }) => action));
  const turns = accesses.filter(({ action }) => action === "updateOn").map(({ on }) => on);
  return {
    action: actions[0],
    actions,
    project: distinct(resources.map((parts) => keyOf(parts, "proj"))).find((key) => key !== "*"),
    environments: distinct(resources.map((parts) => keyOf(parts, "env"))),
    flagKey: distinct(resources.map((parts) => keyOf(parts, "flag"))).find((key) => key !== "*"),
    resourceKey: distinct(resources.map((parts) => parts.at(-1)?.key)).find((key) => key !== "*"),
    direction: directionOf(turns),
  };
}

function directionOf(turns: readonly (boolean | undefined)[]): "on" | "off" | undefined {
  const [first] = turns;
  if (first === undefined || turns.some((on) => on !== first)) return undefined;
  return first ? "on" : "off";
}

/** One part of a change: what was done in one environment. */
export type EnvironmentPart<Part extends Access> = {
  readonly environment: string;
  readonly accesses: readonly Part[];
};

/** A change by environment. What was done in none, such as renaming a flag, belongs to each. */
export function byEnvironment<Part extends Access>(
  accesses: readonly Part[],
): readonly EnvironmentPart<Part>[] {
  const placed = accesses.map((access) => ({
    access,
    environment: keyOf(readResource(access.resource), "env"),
  }));
  return distinct(placed.map(({ environment }) => environment)).map((environment) => ({
    environment,
    accesses: placed
      .filter((one) => one.environment === undefined || one.environment === environment)
      .map(({ access }) => access),
  }));
}

/** Each once, in order. The lists are short, and a change has several of them. */
function distinct(texts: readonly (string | undefined)[]): string[] {
  const found: string[] = [];
  for (const text of texts) if (text && !found.includes(text)) found.push(text);
  return found;
}
