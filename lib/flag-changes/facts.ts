import { keyOf, readResource } from "./resource.ts";

type Access = { readonly action: string; readonly resource: string; readonly on?: boolean | undefined };

/** The facts that the accesses of a change, or some of them, state. A fact that they do not state is absent. */
export type ChangeFacts = {
  /** The first action that an access has. */
  readonly action?: string | undefined;
  readonly actions: readonly string[];
  readonly project?: string | undefined;
  /** `*` means every environment of the project. */
  readonly environments: readonly string[];
  readonly flagKey?: string | undefined;
  /** Key of the changed resource, whatever its kind. */
  readonly resourceKey?: string | undefined;
  /** Whether the flag was turned on or off, if all accesses that turned it agree. */
  readonly direction?: "on" | "off" | undefined;
};

export function factsOf(accesses: readonly Access[]): ChangeFacts {
  const actions: string[] = [];
  const environments: string[] = [];
  let project: string | undefined;
  let flagKey: string | undefined;
  let resourceKey: string | undefined;
  for (const { action, resource } of accesses) {
    const parts = readResource(resource);
    addOnce(actions, action);
    addOnce(environments, keyOf(parts, "env"));
    project ||= unlessEvery(keyOf(parts, "proj"));
    flagKey ||= unlessEvery(keyOf(parts, "flag"));
    resourceKey ||= unlessEvery(parts.at(-1)?.key);
  }
  return {
    action: actions[0],
    actions,
    project,
    environments,
    flagKey,
    resourceKey,
    direction: directionOf(accesses),
  };
}

/** `*` is not a key: it means every one. */
function unlessEvery(key: string | undefined): string | undefined {
  return key === "*" || key === "" ? undefined : key;
}

function directionOf(accesses: readonly Access[]): "on" | "off" | undefined {
  const first = accesses.find(isTurn)?.on;
  if (first === undefined || accesses.some((access) => isTurn(access) && access.on !== first))
    return undefined;
  return first ? "on" : "off";
}

function isTurn({ action }: Access): boolean {
  return action === "updateOn";
}

/** The part of a change that happened in one environment. */
export type EnvironmentPart<Part extends Access> = {
  readonly environment: string;
  readonly accesses: readonly Part[];
};

/** Splits a change by environment. An access outside of environments, such as renaming a flag, belongs to each part. */
export function byEnvironment<Part extends Access>(
  accesses: readonly Part[],
): readonly EnvironmentPart<Part>[] {
  const placed = accesses.map((access) => ({
    access,
    environment: keyOf(readResource(access.resource), "env"),
  }));
  const environments: string[] = [];
  for (const { environment } of placed) addOnce(environments, environment);
  return environments.map((environment) => ({
    environment,
    accesses: placed
      .filter((one) => one.environment === undefined || one.environment === environment)
      .map(({ access }) => access),
  }));
}

/** The lists are short, so a set would cost more than it saves. */
function addOnce(list: string[], text: string | undefined): void {
  if (text && !list.includes(text)) list.push(text);
}
