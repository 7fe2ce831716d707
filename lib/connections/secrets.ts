import * as z from "zod";
import { createKeyring, type SharedCredential } from "./find.ts";
import { describeSecretProblems } from "./problems.ts";
import type { Connections } from "./schema.ts";

/** Two may be active at once, so that the sender can be changed over from the old one to the new one. */
const active = z
  .array(z.string().min(1, "expected a text that is not empty"))
  .min(1, "expected a list of one or two texts")
  .max(2, "expected a list of one or two texts")
  .optional();

/** What a connection's secret holds: what its sender proves itself with. */
export const connectionSecret = z
  .strictObject(
    { writeKeys: active, tokens: active, signingSecrets: active },
    { error: onlyThese("writeKeys, tokens, signingSecrets") },
  )
  .refine(
    ({ writeKeys, tokens }) => writeKeys || tokens,
    "expected writeKeys, tokens or both: without one nobody can send to it",
  );

/** What the secret of a LaunchDarkly environment holds. */
export const launchdarklySecret = z.strictObject(
  { accessToken: z.string().min(1, "expected a text that is not empty") },
  { error: onlyThese("accessToken") },
);

export type ConnectionSecret = z.output<typeof connectionSecret>;
export type LaunchDarklySecret = z.output<typeof launchdarklySecret>;

/** A check for the reader of secrets: its problems are safe to log. */
export function secretCheckOf<Schema extends z.ZodType>(schema: Schema) {
  return (
    value: unknown,
  ):
    | { readonly ok: true; readonly value: z.output<Schema> }
    | { readonly ok: false; readonly problems: string[] } => {
    const parsed = schema.safeParse(value);
    return parsed.success
      ? { ok: true, value: parsed.data }
      : { ok: false, problems: describeSecretProblems(parsed.error, value) };
  };
}

/**
 * Every problem of the secrets that the connections name: one that is not there, that has another shape, or that
 * shares a key with another connection's. `secretsByName` has each secret's JSON. No problem quotes a value.
 */
export function checkSecrets(
  connections: Connections,
  secretsByName: Readonly<Record<string, unknown>>,
): string[] {
  const check = (name: string, schema: z.ZodType, usedBy: string) => {
    if (!Object.hasOwn(secretsByName, name))
      return [`${name}: expected a secret of this name, which ${usedBy} names`];
    const checked = secretCheckOf(schema)(secretsByName[name]);
    return checked.ok ? [] : checked.problems.map((problem) => `${name}: ${problem}`);
  };
  const problems = [
    ...Object.entries(connections.launchdarkly).flatMap(([name, { secret }]) =>
      check(secret, launchdarklySecret, `launchdarkly.${name}`),
    ),
    ...Object.entries(connections.connections).flatMap(([name, { secret }]) =>
      check(secret, connectionSecret, `connections.${name}`),
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

/** Says which connections have a key in common, without the key. */
export function describeShared({ kind, connections }: SharedCredential): string {
  const names = connections.map((name) => `connections.${name}`).join(" and ");
  return `${names} share one of their ${kind}: give each its own, or a request cannot say which it is for`;
}

function onlyThese(names: string) {
  // The unknown name is not quoted: what stands in the wrong place may be the secret itself.
  return (issue: { readonly code?: string | undefined }) =>
    issue.code === "unrecognized_keys" ? `expected no members but ${names}` : undefined;
}
