import type { Connection } from "../../lib/connections/schema.ts";
import { BEHAVIOUR, BEHAVIOUR_ACTIONS } from "../../lib/flag-changes/behaviour.ts";
import { type ResourcePart, readResource } from "../../lib/flag-changes/resource.ts";

/** A statement of a webhook's policy. https://launchdarkly.com/docs/home/account/role-policies */
export type Statement = {
  readonly effect: string;
  readonly resources?: readonly string[] | null | undefined;
  readonly notResources?: readonly string[] | null | undefined;
  readonly actions?: readonly string[] | null | undefined;
  readonly notActions?: readonly string[] | null | undefined;
};

type Filters = NonNullable<Connection["posthog"]>["only"];

/** A kind of change that a connection wants. A part that is undefined may be any: one that the policy sends is enough. */
type Wanted = {
  readonly kind: string;
  readonly project: string | undefined;
  readonly environment: string | undefined;
  readonly action: string | undefined;
};

/**
 * What a connection lets through by name and the webhook's policy does not send, as `updateOn of flag/* in default/test`. A list of the connection
 * that is empty leaves the choice to the policy.
 */
export function notCovered(only: Filters, statements: readonly Statement[]): readonly string[] {
  return wantedBy(only)
    .filter((wanted) => !isSent(wanted, statements))
    .map(describeWanted);
}

function wantedBy({ kinds, projects, environments, actions }: Filters): readonly Wanted[] {
  const orAny = (names: readonly string[]): readonly (string | undefined)[] =>
    names.length > 0 ? names : [undefined];
  // Of all that changes behaviour, what changes most is enough to ask for.
  const named = actions.flatMap((action) => (action === BEHAVIOUR ? BEHAVIOUR_SAMPLES : [action]));
  return (kinds.length > 0 ? kinds : ["flag"]).flatMap((kind) =>
    orAny(projects).flatMap((project) =>
      orAny(environments).flatMap((environment) =>
        orAny(named).map((action) => ({ kind, project, environment, action })),
      ),
    ),
  );
}

const BEHAVIOUR_SAMPLES = ["updateOn", "updateRules", "updateFallthrough"].filter((action) =>
  BEHAVIOUR_ACTIONS.has(action),
);

/** What is not allowed is not sent, and a denial wins. */
function isSent(wanted: Wanted, statements: readonly Statement[]): boolean {
  const parts = partsOf(wanted);
  const allowed = statements.some(
    (one) => one.effect === "allow" && concerns(one, parts, wanted.action, "some"),
  );
  return (
    allowed && !statements.some((one) => one.effect === "deny" && concerns(one, parts, wanted.action, "all"))
  );
}

/** `some`: a part of what is wanted is enough; `all`: a denial that leaves a part is none. */
function concerns(
  { resources, notResources, actions, notActions }: Statement,
  parts: readonly WantedPart[],
  action: string | undefined,
  much: "some" | "all",
): boolean {
  const isResource = resources
    ? resources.some((one) => matches(readResource(one), parts, much))
    : (notResources ?? []).every(
        (one) => !matches(readResource(one), parts, much === "some" ? "all" : "some"),
      );
  if (!isResource) return false;
  if (action === undefined)
    return much === "some"
      ? actions?.length !== 0
      : (actions ?? []).some(isEverything) || notActions?.length === 0;
  if (actions) return actions.some((one) => patternOf(one).test(action));
  return (notActions ?? []).every((one) => !patternOf(one).test(action));
}

type WantedPart = { readonly type: string; readonly key: string | undefined };

/** The environments of a connection are those of what is in one. */
const IN_ENVIRONMENTS = new Set(["flag", "segment", "experiment", "destination"]);
const IN_PROJECTS = new Set(["metric", "environment", "release-pipeline"]);

function partsOf({ kind, project, environment }: Wanted): readonly WantedPart[] {
  const proj = { type: "proj", key: project };
  const env = { type: "env", key: environment };
  if (kind === "project") return [proj];
  if (kind === "environment") return [proj, env];
  if (IN_ENVIRONMENTS.has(kind)) return [proj, env, { type: kind, key: undefined }];
  return IN_PROJECTS.has(kind) ? [proj, { type: kind, key: undefined }] : [{ type: kind, key: undefined }];
}

function matches(
  pattern: readonly ResourcePart[],
  wanted: readonly WantedPart[],
  much: "some" | "all",
): boolean {
  if (pattern.length === 1 && pattern[0]?.type === "*") return true;
  if (pattern.length !== wanted.length) return false;
  return wanted.every(({ type, key }, index) => {
    const part = pattern[index];
    if (part?.type !== type) return false;
    if (much === "all" && part.tags.length > 0) return false;
    if (key === undefined) return much === "some" || isEverything(part.key);
    return patternOf(part.key).test(key);
  });
}

function isEverything(key: string): boolean {
  return /^\*+$/.test(key);
}

function patternOf(glob: string): RegExp {
  const source = glob.split("*").map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`);
}

function describeWanted({ kind, project, environment, action }: Wanted): string {
  const place = [project, environment].filter((one) => one !== undefined).join("/");
  return `${action ?? "changes"} of kind ${kind}${place === "" ? "" : ` in ${place}`}`;
}
