import type { Connection, Connections, LaunchDarklyEnvironment, PosthogProject } from "./schema.ts";

/** Returns the connection with this name. Only names of the file count, so `constructor` finds none. */
export function connectionNamed({ connections }: Connections, name: string): Connection | undefined {
  return named(connections, name);
}

/** Returns the environment of `launchdarkly` with this name. */
export function environmentNamed(
  { launchdarkly }: Connections,
  name: string,
): LaunchDarklyEnvironment | undefined {
  return named(launchdarkly, name);
}

/** Returns the project of `posthog` with this name. */
export function projectNamed({ posthog }: Connections, name: string): PosthogProject | undefined {
  return named(posthog, name);
}

function named<One>(section: Readonly<Record<string, One>>, name: string): One | undefined {
  return Object.hasOwn(section, name) ? section[name] : undefined;
}
