import type { Secrets, StoredSecret } from "./secrets.ts";

/** Reads a secret by its full name. */
export type ReadStored = (
  fullName: string,
) => Promise<
  { readonly kind: "text"; readonly text: string } | { readonly kind: "empty" } | { readonly kind: "missing" }
>;

/** Reads secrets by the names of connections.yml. A right that is missing is an answer. */
export async function readSecrets(
  names: readonly string[],
  { read, prefix }: { readonly read: ReadStored; readonly prefix: string },
): Promise<Secrets> {
  return new Map(
    await Promise.all(
      names.map(async (name) => {
        const stored = await read(prefix + name).catch(storedInstead);
        return [name, stored] as const;
      }),
    ),
  );
}

function storedInstead(error: unknown): StoredSecret {
  const name = error instanceof Error ? error.name : "Unknown";
  if (/^AccessDenied/.test(name)) return { kind: "denied", permission: "secretsmanager:GetSecretValue" };
  if (/^DecryptionFailure/.test(name)) return { kind: "denied", permission: "kms:Decrypt" };
  return { kind: "unreadable", code: name };
}
