import type { Connection, Connections, LaunchDarklyEnvironment, PosthogProject } from "./schema.ts";

/** The connection of this name; the names of the file only, so not `constructor`. */
export function connectionNamed({ connections }: Connections, name: string): Connection | undefined {
  return named(connections, name);
}

/** The environment of `launchdarkly` with this name. */
export function environmentNamed(
  { launchdarkly }: Connections,
  name: string,
): LaunchDarklyEnvironment | undefined {
  return named(launchdarkly, name);
}

/** The project of `posthog` with this name. */
export function projectNamed({ posthog }: Connections, name: string): PosthogProject | undefined {
  return named(posthog, name);
}

function named<One>(section: Readonly<Record<string, One>>, name: string): One | undefined {
  return Object.hasOwn(section, name) ? section[name] : undefined;
}
