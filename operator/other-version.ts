import type { Bundle } from "./bundle.ts";

/**
 * What to say when a stage was deployed by another version than the one that works on it now; undefined when it was not, or when the
 * stage does not say which. The messages of every version are read by the others, so it is a notice and no end.
 */
export function otherVersion(
  { where, deployed }: Pick<Bundle, "where" | "deployed">,
  version: string,
): string | undefined {
  if (where.kind === "local" || deployed.version === undefined || deployed.version === version)
    return undefined;
  return (
    `Stage ${where.stage} runs version ${deployed.version}, and this clone is ${version}: what only one of the two has may be ` +
    "missing or fail. Use the clone that it was deployed from, or deploy this one."
  );
}
