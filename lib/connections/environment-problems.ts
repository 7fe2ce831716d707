import { pathOf } from "./problems.ts";
import type { LaunchDarklyEnvironment } from "./schema.ts";

/** The environments of a file that something else in it may name. */
export type Environments = {
  /** Every environment that is named, whether or not it is sound. */
  readonly environmentNames: readonly string[];
  readonly environments: ReadonlyMap<string, LaunchDarklyEnvironment>;
};

/** The ledger keeps one writer per segment by the environment's name, so an environment has one name only. */
export function environmentProblems({ environments }: Environments): string[] {
  const byId = new Map<string, string>();
  const byKeys = new Map<string, string>();
  return [...environments].flatMap(([name, environment]) => {
    const { clientSideId, instance, secret, project } = environment;
    const known = byId.get(clientSideId);
    byId.set(clientSideId, known ?? name);
    if (known !== undefined)
      return [
        `${pathOf(["launchdarkly", name, "clientSideId"])}: expected an environment that is not in the list yet, this one is "${known}": use that name`,
      ];
    if (project === undefined || environment.environment === undefined) return [];
    // Another secret may be another token of the same account: nothing in the file tells the accounts apart.
    const keys = JSON.stringify([instance, project, environment.environment]);
    const twin = byKeys.get(keys);
    byKeys.set(keys, twin ?? name);
    if (twin === undefined) return [];
    return [
      `${pathOf(["launchdarkly", name, "environment"])}: expected keys of an environment that is not in the list yet, these are those of "${twin}": correct the keys or the client-side ID${secret === environments.get(twin)?.secret ? "" : OTHER_ACCOUNT}`,
    ];
  });
}

const OTHER_ACCOUNT = ". An environment of another account that has the same keys needs a stage of its own";

export function unknownEnvironment(environment: string, { environmentNames }: Environments): string[] {
  if (environmentNames.includes(environment)) return [];
  const known = environmentNames.map((name) => `"${name}"`).join(", ") || "none is there";
  return [
    `expected an environment of launchdarkly (${known}), found "${environment}": correct it or add it there`,
  ];
}

export function repeatedEnvironment(environment: string, repeated: boolean): string[] {
  return repeated ? [`expected every environment once, "${environment}" is there already: remove one`] : [];
}

/** The URLs of LaunchDarkly's public API have both keys in them. `option` is what needs them. */
export function missingKeys(environment: string, option: string, { environments }: Environments): string[] {
  const found = environments.get(environment);
  if (!found || (found.project && found.environment)) return [];
  return [
    `expected an environment with project and environment keys, which ${option} needs: add them to launchdarkly.${environment}`,
  ];
}
