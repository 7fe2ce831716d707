/** One part of a resource specifier: `env/test;tag` is the environment `test` with the tag `tag`. */
export type ResourcePart = { readonly type: string; readonly key: string; readonly tags: readonly string[] };

/**
 * Reads a resource specifier, outermost part first: `proj/sandbox;qa:env/test:flag/new-checkout`. Tags follow a semicolon
 * and are separated by commas. The key `*` means every one.
 * https://launchdarkly.com/docs/home/account/role-resources
 */
export function readResource(specifier: string): ResourcePart[] {
  const parts: ResourcePart[] = [];
  for (const part of specifier.trim().split(":")) if (part !== "") parts.push(readPart(part));
  return parts;
}

function readPart(part: string): ResourcePart {
  const end = part.search(/[;,]/);
  const path = end < 0 ? part : part.slice(0, end);
  const slash = path.indexOf("/");
  return {
    type: slash < 0 ? path : path.slice(0, slash),
    key: slash < 0 ? "" : path.slice(slash + 1),
    tags: end < 0 ? [] : tagsOf(part.slice(end + 1)),
  };
}

function tagsOf(list: string): string[] {
  return list
    .split(/[;,]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

/** Returns the key of the part of this type, which may be `*`; undefined when the specifier has no such part. */
export function keyOf(parts: readonly ResourcePart[], type: "proj" | "env" | "flag"): string | undefined {
  return parts.find((part) => part.type === type)?.key;
}
