import * as z from "zod/mini";
import { launchdarklySecret, onlyThese, posthogSecret, secretCheckOf } from "./destination-secrets.ts";
import { createKeyring, type SharedCredential } from "./keyring.ts";
import type { Connections, SourceName } from "./schema.ts";
import { SOURCE_TRAITS } from "./source-traits.ts";

const text = z.string().check(z.minLength(1, "expected a text that is not empty"));

/**
 * A write key is the user name of Basic authentication, which ends at the first colon and has no control characters:
 * a key that contains either would never match. https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
const writeKey = text.check(
  z.refine<string>(
    (key) => !key.includes(":"),
    "expected no ':' in it, for Basic authentication ends a write key there and it would never match: copy the write key alone, without a password",
  ),
  z.refine<string>(
    (key) => !/^\s|\s$|\p{Cc}/u.test(key),
    "expected no blank, line end or control character in or around it, for it would never match: copy the write key alone",
  ),
);

/** A token is the value of a header, and HTTP strips blanks at both ends of it. https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
const token = text.check(
  z.regex(
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/,
    "expected printable ASCII without a blank or line end around it, for a header carries nothing else and it would never match: copy the token alone, or make a new one",
  ),
);

/** Two keys may be active at once, so that a sender can move from the old one to the new one. */
function active(one: typeof text) {
  return z.optional(
    z
      .array(one)
      .check(
        z.minLength(1, "expected a list of one or two texts"),
        z.maxLength(2, "expected a list of one or two texts"),
      ),
  );
}

const connectionSecret = z.strictObject(
  { writeKeys: active(writeKey), tokens: active(token), signingSecrets: active(text) },
  { error: onlyThese("writeKeys, tokens, signingSecrets") },
);

/** The secret of a connection: the keys that its sender authenticates with. A source that signs may have signing secrets only. */
export function connectionSecretOf(source: SourceName) {
  const { signature } = SOURCE_TRAITS[source];
  return connectionSecret.check(
    z.refine(
      ({ writeKeys, tokens, signingSecrets }) => writeKeys || tokens || (signature && signingSecrets),
      {
        error: `expected ${signature ? "writeKeys, tokens, signingSecrets or several of them" : "writeKeys, tokens or both"}: without one nobody can send to it`,
      },
    ),
    z.superRefine(({ signingSecrets = [] }, context) => {
      for (const [index, secret] of signingSecrets.entries()) {
        const message = signature?.secretProblem(secret);
        if (message) context.addIssue({ code: "custom", path: ["signingSecrets", index], message });
      }
    }),
  );
}

export type ConnectionSecret = z.output<typeof connectionSecret>;

/** Returns the checks of {@link secretCheckOf} for the secrets of all connections, by their name in connections.yml. */
export function connectionSecretCheck(connections: Connections) {
  const checks = new Map(
    Object.values(connections.connections).map(({ secret, source }) => [
      secret,
      secretCheckOf(connectionSecretOf(source)),
    ]),
  );
  return (value: unknown, name: string) =>
    checks.get(name)?.(value) ?? {
      ok: false as const,
      problems: ["expected a secret that a connection names"],
    };
}

/**
 * Returns every problem of the secrets that the connections name: a secret is missing, has a wrong shape, or shares a key
 * with another connection's secret. `secretsByName` has the JSON of each secret. No problem quotes a value.
 */
export function checkSecrets(
  connections: Connections,
  secretsByName: Readonly<Record<string, unknown>>,
): string[] {
  const check = (name: string, schema: z.core.$ZodType, usedBy: string) => {
    if (!Object.hasOwn(secretsByName, name))
      return [`${name}: expected a secret of this name, which ${usedBy} names`];
    const checked = secretCheckOf(schema)(secretsByName[name]);
    return checked.ok ? [] : checked.problems.map((problem) => `${name}: ${problem}`);
  };
  const problems = [
    ...Object.entries(connections.launchdarkly).flatMap(([name, { secret }]) =>
      check(secret, launchdarklySecret, `launchdarkly.${name}`),
    ),
    ...Object.entries(connections.posthog).flatMap(([name, { secret }]) => [
      ...check(secret, posthogSecret, `posthog.${name}`),
      ...personalKeyProblems(name, secretsByName[secret], connections).map(
        (problem) => `${secret}: ${problem}`,
      ),
    ]),
    ...Object.entries(connections.connections).flatMap(([name, { secret, source }]) =>
      check(secret, connectionSecretOf(source), `connections.${name}`),
    ),
  ];
  const usable = new Map(
    Object.entries(connections.connections).flatMap(([name, { secret }]) => {
      const { data } = connectionSecret.safeParse(secretsByName[secret]);
      return data ? [[name, data] as const] : [];
    }),
  );
  return [...new Set([...problems, ...createKeyring(usable).shared.map(describeShared)])];
}

/** Annotations need the personal API key beside the project's key. */
function personalKeyProblems(project: string, secret: unknown, { connections }: Connections): string[] {
  const { data } = z.safeParse(posthogSecret, secret);
  if (!data || data.personalApiKey !== undefined) return [];
  const annotating = Object.entries(connections).find(
    ([, { posthog }]) => posthog?.annotations && posthog.to.includes(project),
  );
  if (!annotating) return [];
  return [
    `personalApiKey: it is missing, and connections.${annotating[0]} writes annotations: add one with the scopes annotation:read and annotation:write`,
  ];
}

/** Names the connections that share a key, but not the key. */
export function describeShared({ kind, connections }: SharedCredential): string {
  const names = connections.map((name) => `connections.${name}`).join(" and ");
  return `${names} share one of their ${kind}: give each its own, or a request cannot say which it is for`;
}
