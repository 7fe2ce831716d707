import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, expect, test } from "vitest";
import { createSecretValues, type SecretValue } from "./secret-values.ts";

const client = mockClient(SecretsManagerClient);
afterEach(() => client.reset());

const read = createSecretValues(new SecretsManagerClient({ region: "us-east-1" }));

function failure(name: string, message = ""): Error {
  return Object.assign(new Error(message), { name });
}

test("a secret is read by its full name", async () => {
  client.on(GetSecretValueCommand, { SecretId: "flagbridge/prod/own" }).resolves({ SecretString: "{}" });
  expect(await read("flagbridge/prod/own")).toEqual({ kind: "text", text: "{}" });
});

test("bytes are no text", async () => {
  client.on(GetSecretValueCommand).resolves({ SecretBinary: new Uint8Array([1]) });
  expect(await read("x")).toEqual({ kind: "unreadable", code: "BinarySecret" });
});

test.each<[string, Error, SecretValue]>([
  [
    "that is not there",
    failure("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    { kind: "absent" },
  ],
  [
    "that nobody has filled",
    failure(
      "ResourceNotFoundException",
      "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    ),
    { kind: "empty" },
  ],
  [
    "that may not be read",
    failure("AccessDeniedException"),
    { kind: "denied", permission: "secretsmanager:GetSecretValue" },
  ],
  ["whose key may not be used", failure("DecryptionFailure"), { kind: "denied", permission: "kms:Decrypt" }],
  [
    "that nobody can read now",
    failure("InternalServiceError"),
    { kind: "unreadable", code: "InternalServiceError" },
  ],
])("a secret %s is told from the others", async (_name, error, value) => {
  client.on(GetSecretValueCommand).rejects(error);
  expect(await read("x")).toEqual(value);
});
