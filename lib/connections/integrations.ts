/**
 * The integration keys of LaunchDarkly's partner endpoint `segment-targets/{integration}`, and whether the
 * integration's body has a place for the context kind. Without one LaunchDarkly files every member under `user`.
 * https://github.com/launchdarkly/integration-framework (integrations/<key>/manifest.json, `syncedSegment`)
 */
export const INTEGRATIONS = {
  "segment-audiences": { carriesContextKind: true },
  amplitude: { carriesContextKind: false },
  "census-synced-segments": { carriesContextKind: true },
  fulcrum: { carriesContextKind: true },
  "heap-inbound": { carriesContextKind: false },
  hightouch: { carriesContextKind: true },
  rudderstack: { carriesContextKind: true },
  "sumatra-synced-segments": { carriesContextKind: true },
  "tealium-synced-segments": { carriesContextKind: false },
  zeotap: { carriesContextKind: false },
} as const satisfies Readonly<Record<string, { readonly carriesContextKind: boolean }>>;

export type Integration = keyof typeof INTEGRATIONS;

export const INTEGRATION_NAMES = Object.keys(INTEGRATIONS) as [Integration, ...Integration[]];

/** Says why members of a context kind cannot go through an integration; undefined when they can. */
export function contextKindProblem(name: Integration, contextKind: string): string | undefined {
  if (INTEGRATIONS[name].carriesContextKind || contextKind === "user") return undefined;
  return `expected contextKind user, or an integration whose body has a context kind: through "${name}" LaunchDarkly files every member under "user"`;
}

/** The only context kind that operations may have; undefined when any will do. Only synced segments have integration bodies. */
export function onlyContextKind(
  { writer, integration }: { readonly writer: string; readonly integration?: Integration | undefined },
  ofSource: Integration | undefined,
): string | undefined {
  const name = integration ?? ofSource;
  if (writer !== "synced" || name === undefined || INTEGRATIONS[name].carriesContextKind) return undefined;
  return "user";
}

/**
 * LaunchDarkly marks most partners' pages "not available" for these instances, not all, and sets integrations up on request.
 * https://launchdarkly.com/docs/home/infrastructure/eu https://launchdarkly.com/docs/home/infrastructure/federal
 */
export function isProvisionedOnRequest(instance: unknown): boolean {
  return instance === "eu" || instance === "federal";
}
