import * as z from "zod/mini";

/**
 * What a context kind must be for LaunchDarkly to take it: `kind` and `multi` are reserved.
 * https://launchdarkly.com/docs/home/flags/context-kinds
 */
export const contextKindChecks = [
  z.maxLength(128, "expected at most 128 characters"),
  z.regex(/^[\w.-]+$/, "expected letters, digits, '_', '.' or '-'"),
  z.refine<string>(
    (kind) => kind !== "kind" && kind !== "multi",
    "expected a kind other than 'kind' and 'multi', which LaunchDarkly reserves",
  ),
  // As a member of an object it is no member: the key of that kind would vanish.
  z.refine<string>((kind) => kind !== "__proto__", "expected a kind other than '__proto__'"),
] as const;

export const contextKind = z.string().check(...contextKindChecks);
