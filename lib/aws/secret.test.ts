import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  BatchGetSecretValueCommand,
  type BatchGetSecretValueCommandOutput,
} from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { startSecretsManager } from "../../dev/secrets-manager.ts";
import { stubAws } from "../../test/support/aws-environment.ts";
import { createSecretReader, createSecretsClient } from "./secret.ts";

const cleanups: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  stubAws();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const check = (value: unknown) => {
  const parsed = z.object({ accessToken: z.string() }).safeParse(value);
  return parsed.success
    ? ({ ok: true, value: parsed.data } as const)
    : ({ ok: false, problems: ["accessToken: expected a text"] } as const);
};

function readerOf(endpoint: string) {
  vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint);
  const client = createSecretsClient();
  return createSecretReader({ client, prefix: "flagbridge/dev/", check, now: () => 0 });
}

async function localSecrets(secrets: Readonly<Record<string, unknown>>) {
  const server = await startSecretsManager({ secrets: () => secrets, prefix: "flagbridge/dev/" });
  cleanups.push(server.stop);
  return readerOf(server.endpoint);
}

/** A Secrets Manager that answers everything alike. */
async function stubborn(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return readerOf(`http://127.0.0.1:${z.custom<AddressInfo>().parse(server.address()).port}`);
}

const refusing = (code: string) =>
  stubborn((_request, response) => {
    response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify({ __type: code, Message: "no" }));
  });

test("one secret is read by its full name", async () => {
  const read = await localSecrets({ production: { accessToken: "x" } });
  expect((await read(["production"], "cached")).get("production")).toEqual({
    kind: "usable",
    value: { accessToken: "x" },
  });
});

test("any number of secrets is read, and one without a value is named with what to type", async () => {
  const secrets = Object.fromEntries(
    Array.from({ length: 45 }, (_, index) => [`s${index}`, { accessToken: `t${index}` }]),
  );
  const read = await localSecrets(secrets);
  const answers = await read([...Object.keys(secrets), "other"], "cached");
  for (const [name, value] of Object.entries(secrets))
    expect(answers.get(name)).toEqual({ kind: "usable", value });
  expect(answers.get("other")).toEqual({
    kind: "unusable",
    problem:
      'secret "flagbridge/dev/other" has no value (accessToken: expected a text): fill it with: ' +
      "aws secretsmanager put-secret-value --secret-id flagbridge/dev/other --secret-string '{…}'; " +
      "the deploy creates it, empty",
  });
});

test("one secret without a value is named as well", async () => {
  const read = await localSecrets({});
  expect((await read(["other"], "cached")).get("other")).toMatchObject({
    problem: expect.stringContaining("has no value"),
  });
});

test.each([
  ["AccessDeniedException", "unusable", "may not be read: allow the function secretsmanager:GetSecretValue"],
  ["DecryptionFailure", "unusable", "cannot be decrypted: allow the function kms:Decrypt"],
  [
    "InvalidRequestException",
    "unusable",
    "is being deleted: restore it with: aws secretsmanager restore-secret",
  ],
  [
    "InternalServiceError",
    "unreachable",
    "could not be read (InternalServiceError); it is tried again by itself",
  ],
])("%s makes it %s and says what to do, for one secret and for several", async (code, kind, remedy) => {
  const read = await refusing(code);
  const one = (await read(["a"], "cached")).get("a");
  const [, other] = [...(await read(["b", "c"], "cached")).values()];
  expect(one).toMatchObject({
    kind,
    problem: expect.stringContaining(`secret "flagbridge/dev/a" ${remedy}`),
  });
  expect(other).toMatchObject({
    kind,
    problem: expect.stringContaining(`secret "flagbridge/dev/c" ${remedy}`),
  });
});

test("an endpoint that breaks off is a fault that passes, and no rejection", async () => {
  const read = await stubborn((request) => request.socket.destroy());
  expect((await read(["a"], "cached")).get("a")).toMatchObject({
    kind: "unreachable",
    problem: expect.stringContaining("could not be read (ECONNRESET)"),
  });
});

test("a secret of bytes is refused with what to do", async () => {
  const read = await stubborn((_request, response) => {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify({ Name: "flagbridge/dev/a", SecretBinary: "AAAA" }));
  });
  expect((await read(["a"], "cached")).get("a")).toMatchObject({
    problem: expect.stringContaining("--secret-string"),
  });
});

describe("of several secrets, one that Secrets Manager", () => {
  const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;
  const text = JSON.stringify({ accessToken: "x" });
  const answered = async (answer: BatchGetSecretValueCommandOutput, names: readonly string[]) => {
    const client = createSecretsClient();
    mockClient(client).on(BatchGetSecretValueCommand).resolves(answer);
    return createSecretReader({ client, prefix: "flagbridge/dev/", check, now: () => 0 })(names, "cached");
  };

  test("leaves out of its answer is unreachable, and not without a value", async () => {
    const SecretValues = [{ Name: "flagbridge/dev/a", SecretString: text }];
    const answers = await answered({ SecretValues, $metadata: {} }, ["a", "b"]);
    expect(answers.get("a")).toMatchObject({ kind: "usable" });
    expect(answers.get("b")).toEqual({
      kind: "unreachable",
      problem: 'secret "flagbridge/dev/b" could not be read (NotAnswered); it is tried again by itself',
    });
  });

  test("does not find has no value, and the others are read", async () => {
    const Errors = [{ SecretId: "flagbridge/dev/b", ErrorCode: "ResourceNotFoundException" }];
    const SecretValues = [{ Name: "flagbridge/dev/a", SecretString: text }];
    const answers = await answered({ SecretValues, Errors, $metadata: {} }, ["a", "b"]);
    expect(answers.get("a")).toMatchObject({ kind: "usable" });
    expect(answers.get("b")).toMatchObject({ problem: expect.stringContaining("has no value") });
  });

  test.each([
    ["by its ARN", arn("flagbridge/dev/b-AbC123")],
    ["by an ARN without the six characters", arn("flagbridge/dev/b")],
  ])("refuses is known %s", async (_name, SecretId) => {
    const Errors = [{ SecretId, ErrorCode: "AccessDeniedException" }];
    const answers = await answered({ Errors, $metadata: {} }, ["a", "b"]);
    expect(answers.get("a")).toMatchObject({ problem: expect.stringContaining("(NotAnswered)") });
    expect(answers.get("b")).toMatchObject({ problem: expect.stringContaining("may not be read") });
  });

  test("calls by an ARN that could be two names is the one whose six characters follow", async () => {
    const Errors = [{ SecretId: arn("flagbridge/dev/b-second"), ErrorCode: "AccessDeniedException" }];
    const answers = await answered({ Errors, $metadata: {} }, ["b-second", "b"]);
    expect(answers.get("b")).toMatchObject({ problem: expect.stringContaining("may not be read") });
    expect(answers.get("b-second")).toMatchObject({ problem: expect.stringContaining("(NotAnswered)") });
  });
});
