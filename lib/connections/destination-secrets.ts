import * as z from "zod/mini";
import { describeSecretProblems } from "./problems.ts";

/**
 * The secrets of destinations. They stand apart from those of connections, whose check brings every vendor's signature
 * into a bundle that needs none of them.
 */

/** The secret of a LaunchDarkly environment. */
export const launchdarklySecret = z.strictObject(
  {
    accessToken: z
      .string()
      .check(z.regex(/^[\x21-\x7e]+$/, "expected a token: printable ASCII without spaces or line ends")),
  },
  { error: onlyThese("accessToken") },
);

/** PostHog accepts a key of at most 64 bytes of ASCII. https://github.com/PostHog/posthog/tree/master/rust/capture */
const posthogKey = z
  .string()
  .check(
    z.maxLength(64, "expected at most 64 characters"),
    z.regex(/^[\x21-\x7e]+$/, "expected a key: printable ASCII without spaces or line ends"),
  );

/** The secret of a PostHog project. PostHog answers 200 or 401 to a key of no project, and every event is lost. */
export const posthogSecret = z.strictObject(
  {
    projectApiKey: posthogKey.check(
      z.refine(
        (key) => !/^ph[xs]_/.test(key),
        "expected the project API key (phc_…) of the project's settings, found a personal or secure key: capture refuses those",
      ),
    ),
    personalApiKey: z.optional(
      posthogKey.check(
        z.refine(
          (key) => !key.startsWith("phc_"),
          "expected a personal API key (phx_…) with the scopes annotation:read and annotation:write, found a project key",
        ),
      ),
    ),
  },
  { error: onlyThese("projectApiKey, personalApiKey") },
);

export type PosthogSecret = z.output<typeof posthogSecret>;

/** Returns the check that the reader of secrets runs. The problems it finds are safe to log. */
export function secretCheckOf<Schema extends z.core.$ZodType>(schema: Schema) {
  return (
    value: unknown,
  ):
    | { readonly ok: true; readonly value: z.output<Schema> }
    | { readonly ok: false; readonly problems: string[] } => {
    const parsed = z.safeParse(schema, value);
    return parsed.success
      ? { ok: true, value: parsed.data }
      : { ok: false, problems: describeSecretProblems(parsed.error, value) };
  };
}

/** The error of an object with other members than these. It does not quote the other name, which may be a secret in the wrong place. */
export function onlyThese(names: string) {
  return (issue: { readonly code?: string | undefined }) =>
    issue.code === "unrecognized_keys" ? `expected no members but ${names}` : undefined;
}
