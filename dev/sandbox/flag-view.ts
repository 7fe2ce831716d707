import { link } from "./api-door.ts";
import { MEMBER_ID, titleOf } from "./entry-parts.ts";
import type { SandboxFlag } from "./flag-store.ts";

/**
 * A flag as LaunchDarkly's API shows it, `FeatureFlag` of its OpenAPI document, with the maintainer's address in it: there
 * is always one. `only` names the environments that are asked for; without it, all.
 * https://launchdarkly.com/docs/api/feature-flags/get-feature-flag
 */
export function flagView(
  { project, key, name, tags, version, createdAt, environments }: SandboxFlag,
  only?: readonly string[],
) {
  return {
    name,
    kind: "boolean",
    description: "",
    key,
    _version: version,
    creationDate: createdAt,
    includeInSnippet: false,
    clientSideAvailability: { usingMobileKey: false, usingEnvironmentId: false },
    variations: [
      { _id: "a0000000-0000-4000-8000-000000000001", value: true },
      { _id: "a0000000-0000-4000-8000-000000000002", value: false },
    ],
    temporary: true,
    tags,
    _links: { parent: link(`/api/v2/flags/${project}`), self: link(`/api/v2/flags/${project}/${key}`) },
    maintainerId: MEMBER_ID,
    _maintainer: {
      _links: { self: link(`/api/v2/members/${MEMBER_ID}`) },
      _id: MEMBER_ID,
      email: "maintainer@example.com",
      role: "writer",
    },
    experiments: { baselineIdx: 0, items: [] },
    customProperties: {},
    archived: false,
    defaults: { onVariation: 0, offVariation: 1 },
    environments: Object.fromEntries(
      Object.entries(environments)
        .filter(([environment]) => only?.includes(environment) ?? true)
        .map(([environment, { on, version: edits, changedAt }]) => [
          environment,
          {
            on,
            archived: false,
            salt: "0123456789abcdef",
            sel: "fedcba9876543210",
            lastModified: changedAt,
            version: edits,
            targets: [],
            contextTargets: [],
            rules: [],
            fallthrough: { variation: 0 },
            offVariation: 1,
            prerequisites: [],
            trackEvents: false,
            trackEventsFallthrough: false,
            _site: link(`/${project}/${environment}/features/${key}`, "text/html"),
            _environmentName: titleOf(environment),
          },
        ]),
    ),
  };
}
