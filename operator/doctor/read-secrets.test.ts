import { expect, test } from "vitest";
import { readSecrets } from "./read-secrets.ts";

function failure(name: string): Error {
  return Object.assign(new Error("never shown"), { name });
}

test.each<[string, Error, object]>([
  [
    "AccessDeniedException",
    failure("AccessDeniedException"),
    { kind: "denied", permission: "secretsmanager:GetSecretValue" },
  ],
  ["DecryptionFailure", failure("DecryptionFailure"), { kind: "denied", permission: "kms:Decrypt" }],
  [
    "InternalServiceError",
    failure("InternalServiceError"),
    { kind: "unreadable", code: "InternalServiceError" },
  ],
])("%s of one secret is its answer, and the others are read", async (_name, error, answer) => {
  const read = async (fullName: string) => {
    if (fullName === "flagbridge/prod/denied") throw error;
    return { kind: "text" as const, text: "{}" };
  };
  const secrets = await readSecrets(["denied", "own"], { read, prefix: "flagbridge/prod/" });
  expect(Object.fromEntries(secrets)).toEqual({ denied: answer, own: { kind: "text", text: "{}" } });
});
