import * as z from "zod/mini";
import { type AwsClient, createAwsClient, inShape } from "./client.ts";
import { errorCode } from "./error-code.ts";
import { cacheSecrets, type FetchedSecret, type ReadSecrets, type SecretCheck } from "./secret-cache.ts";

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html */
const MAX_SECRETS_PER_CALL = 20;

/** A client whose calls end well within a function of 10 s. Region, credentials and endpoint come from the environment. */
export function createSecretsClient(): AwsClient {
  const service = {
    id: "SECRETS_MANAGER",
    name: "secretsmanager",
    targetPrefix: "secretsmanager",
    jsonVersion: "1.1",
  } as const;
  return createAwsClient(service, {
    attempts: 2,
    connectionTimeoutMs: 1_000,
    timeoutMs: 2_000,
    maxSockets: 8,
  });
}

/**
 * The bundle's secrets by the names that connections.yml uses: `x` is `${prefix}x` in Secrets Manager. One secret
 * costs one GetSecretValue, several one BatchGetSecretValue for every twenty.
 */
export function createSecretReader<Value>(options: {
  readonly client: AwsClient;
  readonly prefix: string;
  readonly check: SecretCheck<Value>;
  /** Unix ms. */
  readonly now: () => number;
}): ReadSecrets<Value> {
  const { client, prefix, check, now } = options;
  const fullName = (name: string) => prefix + name;
  return cacheSecrets({
    check,
    now,
    fullName,
    fetchSecrets: async (names) => {
      const fetched = await fetchByFullName(client, names.map(fullName));
      return new Map(names.map((name) => [name, fetched.get(fullName(name)) ?? { kind: "absent" }]));
    },
  });
}

const secretValue = z.object({ Name: z.optional(z.string()), SecretString: z.optional(z.string()) });
const secretValues = z.object({
  SecretValues: z.optional(z.array(secretValue)),
  Errors: z.optional(
    z.array(z.object({ SecretId: z.optional(z.string()), ErrorCode: z.optional(z.string()) })),
  ),
  NextToken: z.optional(z.string()),
});

type Fetched = ReadonlyMap<string, FetchedSecret>;

async function fetchByFullName(client: AwsClient, names: readonly string[]): Promise<Fetched> {
  const [name] = names;
  if (name !== undefined && names.length === 1) return new Map([[name, await fetchOne(client, name)]]);
  const pages = Array.from({ length: Math.ceil(names.length / MAX_SECRETS_PER_CALL) }, (_, page) =>
    names.slice(page * MAX_SECRETS_PER_CALL, (page + 1) * MAX_SECRETS_PER_CALL),
  );
  const fetched = await Promise.all(pages.map((page) => fetchPage(client, page)));
  return new Map(fetched.flatMap((page) => [...page]));
}

async function fetchOne(client: AwsClient, name: string): Promise<FetchedSecret> {
  try {
    const answer = await client("GetSecretValue", { SecretId: name });
    return textOf(name, inShape(secretValue, "GetSecretValue", answer).SecretString);
  } catch (error) {
    return unusable(name, errorCode(error));
  }
}

async function fetchPage(client: AwsClient, names: readonly string[]): Promise<Fetched> {
  const fetched = new Map<string, FetchedSecret>();
  let token: string | undefined;
  try {
    do {
      const input = { SecretIdList: names, ...(token && { NextToken: token }) };
      const answer = inShape(secretValues, "BatchGetSecretValue", await client("BatchGetSecretValue", input));
      for (const { Name, SecretString } of answer.SecretValues ?? []) {
        if (Name !== undefined) fetched.set(Name, textOf(Name, SecretString));
      }
      for (const { SecretId, ErrorCode } of answer.Errors ?? []) {
        if (SecretId !== undefined) fetched.set(SecretId, unusable(SecretId, ErrorCode ?? "Unknown"));
      }
      token = answer.NextToken;
    } while (token);
  } catch (error) {
    for (const name of names) if (!fetched.has(name)) fetched.set(name, unusable(name, errorCode(error)));
  }
  return fetched;
}

function textOf(name: string, text: string | undefined): FetchedSecret {
  if (text !== undefined) return { kind: "text", text };
  return {
    kind: "unusable",
    problem: `secret "${name}" holds bytes: store it as text, with --secret-string`,
  };
}

/** What to do about each of Secrets Manager's codes. What is not in it passes by itself. */
function unusable(name: string, code: string): FetchedSecret {
  switch (code) {
    case "ResourceNotFoundException":
      return { kind: "absent" };
    case "AccessDeniedException":
      return {
        kind: "unusable",
        problem: `secret "${name}" may not be read: allow the function secretsmanager:GetSecretValue and secretsmanager:BatchGetSecretValue`,
      };
    case "DecryptionFailure":
    case "DecryptionFailureException":
      return {
        kind: "unusable",
        problem: `secret "${name}" cannot be decrypted: allow the function kms:Decrypt on its key`,
      };
    case "InvalidRequestException":
      return {
        kind: "unusable",
        problem: `secret "${name}" is being deleted: restore it with: aws secretsmanager restore-secret --secret-id ${name}`,
      };
    default:
      return {
        kind: "unreachable",
        problem: `secret "${name}" could not be read (${code}); it is tried again by itself`,
      };
  }
}
