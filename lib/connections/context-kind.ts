import * as z from "zod";

/**
 * A context kind as LaunchDarkly takes it: `kind` and `multi` are reserved.
 * https://launchdarkly.com/docs/home/flags/context-kinds
 */
export const contextKind = z
  .string()
  .max(128, "expected at most 128 characters")
  .regex(/^[\w.-]+$/, "expected letters, digits, '_', '.' or '-'")
  .refine(
    (kind) => kind !== "kind" && kind !== "multi",
    "expected a kind other than 'kind' and 'multi', which LaunchDarkly reserves",
  )
  // As a member of an object it is no member: the key of that kind would vanish.
  .refine((kind) => kind !== "__proto__", "expected a kind other than '__proto__'");
