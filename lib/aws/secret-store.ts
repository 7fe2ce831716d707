import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

/** `empty`: it is there and nobody has filled it yet. */
export type StoredSecret =
  | { readonly kind: "text"; readonly text: string; readonly changedAt: Date | undefined }
  | { readonly kind: "empty" }
  | { readonly kind: "missing" };

export type SecretStore = {
  readonly read: (fullName: string) => Promise<StoredSecret>;
  /** The value that it had stays in Secrets Manager as AWSPREVIOUS. */
  readonly write: (fullName: string, text: string) => Promise<"written" | "missing">;
};

export function createSecretStore(client: SecretsManagerClient): SecretStore {
  return {
    read: async (fullName) => {
      try {
        const answer = await client.send(new GetSecretValueCommand({ SecretId: fullName }));
        return { kind: "text", text: answer.SecretString ?? "", changedAt: answer.CreatedDate };
      } catch (error) {
        if (!isMissing(error)) throw error;
        // The same answer for a secret without a value and for none at all.
        return (await exists(client, fullName)) ? { kind: "empty" } : { kind: "missing" };
      }
    },
    write: async (fullName, text) => {
      try {
        await client.send(new PutSecretValueCommand({ SecretId: fullName, SecretString: text }));
        return "written";
      } catch (error) {
        if (isMissing(error)) return "missing";
        throw error;
      }
    },
  };
}

async function exists(client: SecretsManagerClient, fullName: string): Promise<boolean> {
  try {
    await client.send(new DescribeSecretCommand({ SecretId: fullName }));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "ResourceNotFoundException";
}
