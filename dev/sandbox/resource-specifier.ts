import { readResource } from "../../lib/flag-changes/resource.ts";

/**
 * Whether a resource is one of those that a specifier stands for: part by part of the same type, `*` in a key standing for
 * anything, and each tag of the specifier on the resource.
 * https://launchdarkly.com/docs/home/account/role-resources
 */
export function matchesSpecifier(resource: string, specifier: string): boolean {
  const [parts, wanted] = [readResource(resource), readResource(specifier)];
  if (parts.length !== wanted.length) return false;
  return wanted.every(({ type, key, tags }, index) => {
    const part = parts[index];
    // `env/*` of a resource is every environment, and so the one that is asked for.
    const isKey = part?.key === "*" || (part !== undefined && patternOf(key).test(part.key));
    return (
      part?.type === type && isKey && tags.every((tag) => part.tags.some((own) => patternOf(tag).test(own)))
    );
  });
}

function patternOf(glob: string): RegExp {
  const source = glob.split("*").map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`);
}
