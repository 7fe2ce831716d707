import type { Problem } from "./problems.ts";
import type { LaunchDarklyEnvironment } from "./schema.ts";

/** The environments of a file, which its connections refer to by name. */
export type Environments = {
  /** The names of all environments, also of those with problems; undefined when the file's section is not a mapping. */
  readonly environmentNames: readonly string[] | undefined;
  readonly environments: ReadonlyMap<string, LaunchDarklyEnvironment>;
};

/** The ledger locks a segment under the environment's name, so an environment may have one name only. */
export function environmentProblems({ environments }: Environments): Problem[] {
  const byId = new Map<string, string>();
  const byKeys = new Map<string, string>();
  return [...environments].flatMap(([name, environment]) => {
    const { clientSideId, instance, secret, project } = environment;
    const known = byId.get(clientSideId);
    byId.set(clientSideId, known ?? name);
    if (known !== undefined)
      return [
        {
          path: ["launchdarkly", name, "clientSideId"],
          message: `expected an environment that is not in the list yet, this one is "${known}": use that name`,
        },
      ];
    if (project === undefined || environment.environment === undefined) return [];
    // A different secret may be another token of the same account: nothing in the file tells accounts apart.
    const keys = JSON.stringify([instance, project, environment.environment]);
    const twin = byKeys.get(keys);
    byKeys.set(keys, twin ?? name);
    if (twin === undefined) return [];
    return [
      {
        path: ["launchdarkly", name, "environment"],
        message: `expected keys of an environment that is not in the list yet, these are those of "${twin}": correct the keys or the client-side ID${secret === environments.get(twin)?.secret ? "" : OTHER_ACCOUNT}`,
      },
    ];
  });
}

const OTHER_ACCOUNT = ". An environment of another account that has the same keys needs a stage of its own";

/** The end of every message about a name that the file does not define. */
export const NOT_THERE = ": correct it or add it there";

export function unknownEnvironment(environment: string, { environmentNames }: Environments): string[] {
  if (environmentNames === undefined || environmentNames.includes(environment)) return [];
  const known = environmentNames.map((name) => `"${name}"`).join(", ") || "none is there";
  return [`expected an environment of launchdarkly (${known}), found "${environment}"${NOT_THERE}`];
}

export function repeatedEnvironment(environment: string): string {
  return `expected every environment once, "${environment}" is there already: remove one`;
}

/** The URLs of LaunchDarkly's public API contain both keys. `option` names the option that needs them. */
export function missingKeys(environment: string, option: string, { environments }: Environments): string[] {
  const found = environments.get(environment);
  if (!found || (found.project && found.environment)) return [];
  return [
    `expected an environment with project and environment keys, which ${option} needs: add them to launchdarkly.${environment}`,
  ];
}
