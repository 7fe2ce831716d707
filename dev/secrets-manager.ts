import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import * as z from "zod";
import { readJson } from "../lib/json.ts";
import { listenOnLoopback } from "./listen.ts";
import { readBody } from "./request-body.ts";
import type { Secrets } from "./secrets-file.ts";

export type SecretsManagerConfig = {
  readonly secrets: () => Secrets;
  /** From now on the secret of this name holds `value`. Without it nothing can be put. */
  readonly put?: (name: string, value: unknown) => void;
  /** In front of every name, as `SECRET_PREFIX` is in the functions. */
  readonly prefix: string;
};

export type SecretsManager = { readonly endpoint: string; readonly stop: () => Promise<void> };

/**
 * Secrets Manager on this machine, for the two operations that the bundle uses, and those by which an operator looks at
 * a secret and fills it. What is put holds until the stack ends: the file belongs to whoever wrote it.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 */
export async function startSecretsManager(config: SecretsManagerConfig): Promise<SecretsManager> {
  const startedMs = Date.now();
  const putMs = new Map<string, number>();
  const known: Known = { ...config, changedMs: (name) => putMs.get(name) ?? startedMs };
  const server = createServer(async (request, response) => {
    const answer = await answerTo(known, request, (name) => putMs.set(name, Date.now()));
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer.body));
  });
  const port = await listenOnLoopback(server, 0);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Known = SecretsManagerConfig & {
  /** When a secret got its value, Unix ms: when it was put, or the start of the stack. */
  readonly changedMs: (name: string) => number;
};

type Answer = { readonly status: number; readonly body: unknown };

/** BatchGetSecretValue takes at most 20 names a call. */
const MAX_BATCH = 20;
const MAX_REQUEST_BYTES = 64 * 1024;

const getSecretValue = z.object({ SecretId: z.string().min(1) });
const putSecretValue = z.object({ SecretId: z.string().min(1), SecretString: z.string().min(1) });
/** Without filters: a strict object, so that a use of them is refused and not overlooked. */
const batchGetSecretValue = z.strictObject({
  SecretIdList: z.array(z.string().min(1)).min(1).max(MAX_BATCH),
});

async function answerTo(
  config: Known,
  request: IncomingMessage,
  notePut: (name: string) => void,
): Promise<Answer> {
  const body = await readBody(request, MAX_REQUEST_BYTES);
  if (typeof body === "string") return refusal("InvalidRequestException", `the request is ${body}`);
  const input = readJson(body.toString("utf8"));
  switch (request.headers["x-amz-target"]) {
    case "secretsmanager.GetSecretValue": {
      const parsed = getSecretValue.safeParse(input);
      if (!parsed.success) return refusal("InvalidParameterException", z.prettifyError(parsed.error));
      const value = secretValue(config, parsed.data.SecretId);
      return value ? { status: 200, body: value } : refusal(...notFound);
    }
    case "secretsmanager.DescribeSecret": {
      const parsed = getSecretValue.safeParse(input);
      if (!parsed.success) return refusal("InvalidParameterException", z.prettifyError(parsed.error));
      const name = ownName(config, parsed.data.SecretId);
      if (name === undefined) return refusal(...notFound);
      const { ARN, Name, CreatedDate } = secretOf(config, name);
      return { status: 200, body: { ARN, Name, CreatedDate } };
    }
    case "secretsmanager.BatchGetSecretValue": {
      const parsed = batchGetSecretValue.safeParse(input);
      if (!parsed.success) return refusal("InvalidParameterException", z.prettifyError(parsed.error));
      return { status: 200, body: batchOf(config, parsed.data.SecretIdList) };
    }
    case "secretsmanager.PutSecretValue": {
      const parsed = putSecretValue.safeParse(input);
      if (!parsed.success) return refusal("InvalidParameterException", z.prettifyError(parsed.error));
      return put(config, parsed.data, notePut);
    }
    default:
      return refusal(
        "UnknownOperationException",
        "the local stack knows GetSecretValue, BatchGetSecretValue, DescribeSecret and PutSecretValue",
      );
  }
}

const notFound = ["ResourceNotFoundException", "Secrets Manager can't find the specified secret."] as const;

/** AWS takes any text. Here it has to be JSON, as it has to be for the functions. */
function put(
  config: Known,
  { SecretId: id, SecretString: text }: z.output<typeof putSecretValue>,
  notePut: (name: string) => void,
): Answer {
  const name = ownName(config, id);
  if (name === undefined || !config.put) return refusal(...notFound);
  const value = readJson(text);
  if (value === undefined) return refusal("InvalidParameterException", "SecretString: expected JSON");
  config.put(name, value);
  notePut(name);
  const { ARN, Name, VersionId, VersionStages } = secretOf(config, name);
  return { status: 200, body: { ARN, Name, VersionId, VersionStages } };
}

function batchOf(config: Known, ids: readonly string[]): unknown {
  const values = ids.map((id) => ({ id, value: secretValue(config, id) }));
  return {
    SecretValues: values.flatMap(({ value }) => (value ? [value] : [])),
    Errors: values
      .filter(({ value }) => !value)
      .map(({ id }) => ({ SecretId: id, ErrorCode: notFound[0], Message: notFound[1] })),
  };
}

function secretValue(config: Known, id: string): object | undefined {
  const name = ownName(config, id);
  return name === undefined ? undefined : secretOf(config, name);
}

/** The name of a secret that is there, without the prefix. */
function ownName({ secrets, prefix }: SecretsManagerConfig, id: string): string | undefined {
  const name = id.replace(/^arn:aws:secretsmanager:[^:]+:\d+:secret:/, "");
  const own = name.slice(prefix.length);
  return name.startsWith(prefix) && Object.hasOwn(secrets(), own) ? own : undefined;
}

function secretOf({ secrets, prefix, changedMs }: Known, name: string) {
  const text = JSON.stringify(secrets()[name]);
  return {
    ARN: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${prefix}${name}`,
    Name: prefix + name,
    SecretString: text,
    VersionId: createHash("sha256").update(text).digest("hex").slice(0, 32),
    VersionStages: ["AWSCURRENT"],
    CreatedDate: changedMs(name) / 1_000,
  };
}

function refusal(type: string, message: string): Answer {
  return { status: 400, body: { __type: type, Message: message } };
}
