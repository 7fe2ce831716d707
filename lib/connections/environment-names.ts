/** What is wrong with a name in a `to` list. */
export function unknownEnvironment(environment: string, environmentNames: readonly string[]): string[] {
  if (environmentNames.includes(environment)) return [];
  const known = environmentNames.map((name) => `"${name}"`).join(", ") || "none is there";
  return [
    `expected an environment of launchdarkly (${known}), found "${environment}": correct it or add it there`,
  ];
}

export function repeatedEnvironment(environment: string, repeated: boolean): string[] {
  return repeated ? [`expected every environment once, "${environment}" is there already: remove one`] : [];
}
