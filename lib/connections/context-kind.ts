import * as z from "zod/mini";

/**
 * The context kinds that LaunchDarkly accepts: `kind` and `multi` are reserved.
 * https://launchdarkly.com/docs/home/flags/context-kinds
 */
export const contextKindChecks = [
  z.maxLength(128, "expected at most 128 characters"),
  z.regex(/^[\w.-]+$/, "expected letters, digits, '_', '.' or '-'"),
  z.refine<string>(
    (kind) => kind !== "kind" && kind !== "multi",
    "expected a kind other than 'kind' and 'multi', which LaunchDarkly reserves",
  ),
  // JavaScript does not store `__proto__` as an own property, so the key of that kind would be lost.
  z.refine<string>((kind) => kind !== "__proto__", "expected a kind other than '__proto__'"),
] as const;

export const contextKind = z.string().check(...contextKindChecks);
