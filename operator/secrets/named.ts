import type * as z from "zod/mini";
import { checkSecrets, connectionSecretOf } from "../../lib/connections/check-secrets.ts";
import {
  launchdarklySecret,
  posthogSecret,
  secretCheckOf,
} from "../../lib/connections/destination-secrets.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";

/** A secret that connections.yml names. */
export type NamedSecret = {
  readonly name: string;
  /** `launchdarkly.production`, `connections.web`: what names it. */
  readonly usedBy: readonly string[];
  readonly kind: "launchdarkly" | "posthog" | "connection";
  /** All problems of a value; none quotes it. */
  readonly problemsOf: (value: unknown) => readonly string[];
};

/** Every secret once, in the order of connections.yml. */
export function namedSecrets(connections: Connections): readonly NamedSecret[] {
  const uses = [
    ...Object.entries(connections.launchdarkly).map(([name, { secret }]) => ({
      secret,
      by: `launchdarkly.${name}`,
      kind: "launchdarkly" as const,
      check: checkOf(launchdarklySecret),
    })),
    ...Object.entries(connections.posthog).map(([name, { secret }]) => ({
      secret,
      by: `posthog.${name}`,
      kind: "posthog" as const,
      check: checkOf(posthogSecret),
    })),
    ...Object.entries(connections.connections).map(([name, { secret, source }]) => ({
      secret,
      by: `connections.${name}`,
      kind: "connection" as const,
      check: checkOf(connectionSecretOf(source)),
    })),
  ];
  return [...new Set(uses.map(({ secret }) => secret))].map((name) => {
    const own = uses.filter(({ secret }) => secret === name);
    return {
      name,
      usedBy: own.map(({ by }) => by),
      kind: own[0]?.kind ?? "connection",
      problemsOf: (value) => [...new Set(own.flatMap(({ check }) => check(value)))],
    };
  });
}

/** @throws {OperatorProblem} for a name that connections.yml does not have */
export function namedSecret(connections: Connections, name: string): NamedSecret {
  const all = namedSecrets(connections);
  const found = all.find((secret) => secret.name === name);
  if (found) return found;
  throw new OperatorProblem(
    misspelt(
      "secret",
      name,
      all.map((secret) => secret.name),
      "one that connections.yml names",
    ),
  );
}

/** The problems that a new value makes beside the other secrets: keys that two connections would share. */
export function problemsBeside(
  connections: Connections,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  return checkSecrets(connections, values).filter((problem) => problem.includes(" share one of their "));
}

function checkOf(schema: z.core.$ZodType): (value: unknown) => readonly string[] {
  const check = secretCheckOf(schema);
  return (value) => {
    const checked = check(value);
    return checked.ok ? [] : checked.problems;
  };
}
