import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { ReadSecrets } from "../http/credential.ts";
import { errorCode, inRequest, requestIdOf } from "./call-failure.ts";
import { clientSettings } from "./client-settings.ts";
import type { SecretCheck } from "./secret-answer.ts";
import { cacheSecrets, type FetchedSecret } from "./secret-cache.ts";

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html */
const MAX_SECRETS_PER_CALL = 20;

/**
 * A client whose calls end well within a function of 10 s. Region, credentials and endpoint come from the environment.
 *
 * @param timeoutMs longest one of its two attempts may take, the body of its answer included
 */
export function createSecretsClient(timeoutMs = 2_000): SecretsManagerClient {
  return new SecretsManagerClient(
    clientSettings({ attempts: 2, connectionTimeoutMs: 1_000, timeoutMs, maxSockets: 8 }),
  );
}

/**
 * The bundle's secrets by the names that connections.yml uses: `x` is `${prefix}x` in Secrets Manager. One secret
 * costs one GetSecretValue, several one BatchGetSecretValue for every twenty.
 */
export function createSecretReader<Value>(options: {
  readonly client: SecretsManagerClient;
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
      return new Map(
        names.map((name) => [name, fetched.get(fullName(name)) ?? unusable(fullName(name), "NotAnswered")]),
      );
    },
  });
}

type Fetched = ReadonlyMap<string, FetchedSecret>;

async function fetchByFullName(client: SecretsManagerClient, names: readonly string[]): Promise<Fetched> {
  const [name] = names;
  if (name !== undefined && names.length === 1) return new Map([[name, await fetchOne(client, name)]]);
  const pages = Array.from({ length: Math.ceil(names.length / MAX_SECRETS_PER_CALL) }, (_, page) =>
    names.slice(page * MAX_SECRETS_PER_CALL, (page + 1) * MAX_SECRETS_PER_CALL),
  );
  const fetched = await Promise.all(pages.map((page) => fetchPage(client, page)));
  return new Map(fetched.flatMap((page) => [...page]));
}

async function fetchOne(client: SecretsManagerClient, name: string): Promise<FetchedSecret> {
  try {
    return textOf(name, (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString);
  } catch (error) {
    return unusable(name, errorCode(error), requestIdOf(error));
  }
}

async function fetchPage(client: SecretsManagerClient, names: readonly string[]): Promise<Fetched> {
  const fetched = new Map<string, FetchedSecret>();
  let token: string | undefined;
  try {
    do {
      const input = { SecretIdList: [...names], ...(token && { NextToken: token }) };
      const answer = await client.send(new BatchGetSecretValueCommand(input));
      for (const { Name, SecretString } of answer.SecretValues ?? []) {
        if (Name !== undefined) fetched.set(Name, textOf(Name, SecretString));
      }
      for (const { SecretId = "", ErrorCode = "Unknown" } of answer.Errors ?? []) {
        const name = nameOf(SecretId, names);
        if (name !== undefined) fetched.set(name, unusable(name, ErrorCode, answer.$metadata.requestId));
      }
      token = answer.NextToken;
    } while (token);
  } catch (error) {
    for (const name of names)
      if (!fetched.has(name)) fetched.set(name, unusable(name, errorCode(error), requestIdOf(error)));
  }
  return fetched;
}

/**
 * Which of the names an error is about: Secrets Manager calls a secret by its name or its ARN, which ends in the name, a
 * hyphen and six random characters.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
 */
function nameOf(secretId: string, names: readonly string[]): string | undefined {
  const id = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(secretId)?.[1] ?? secretId;
  const stem = id === secretId ? id : id.replace(/-[A-Za-z0-9]{6}$/, "");
  return names.find((name) => name === stem) ?? names.find((name) => name === id);
}

function textOf(name: string, text: string | undefined): FetchedSecret {
  if (text !== undefined) return { kind: "text", text };
  return {
    kind: "unusable",
    problem: `secret "${name}" holds bytes: store it as text, with --secret-string`,
  };
}

/** What the operator has to do about each of Secrets Manager's codes. Codes that are not listed pass by themselves. */
function unusable(name: string, code: string, requestId?: string): FetchedSecret {
  const secret = describeUnusable(name, code);
  return "problem" in secret ? { ...secret, problem: secret.problem + inRequest(requestId) } : secret;
}

function describeUnusable(name: string, code: string): FetchedSecret {
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
