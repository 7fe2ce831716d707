import { writeFileSync } from "node:fs";
import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { readSecretsFile, type Secrets, watchSecretsFile, withPuts } from "./secrets-file.ts";
import { type SecretsManager, startSecretsManager } from "./secrets-manager.ts";

const toClose: (SecretsManager | SecretsManagerClient)[] = [];
const folders: TemporaryFolder[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0)) await ("stop" in one ? one.stop() : one.destroy());
  for (const folder of folders.splice(0)) await folder.remove();
});

async function clientOf(given: () => Secrets): Promise<SecretsManagerClient> {
  const manager = await startSecretsManager({ ...withPuts(given), prefix: "flagbridge/local/" });
  const client = new SecretsManagerClient({
    endpoint: manager.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  toClose.push(manager, client);
  return client;
}

const get = (id: string) => new GetSecretValueCommand({ SecretId: id });

describe("the real client", () => {
  test("reads a secret by its name and by its ARN", async () => {
    const client = await clientOf(() => ({ own: { tokens: ["a"] } }));

    const byName = await client.send(get("flagbridge/local/own"));
    const byArn = await client.send(get(String(byName.ARN)));

    expect(byName).toMatchObject({
      Name: "flagbridge/local/own",
      SecretString: '{"tokens":["a"]}',
      VersionStages: ["AWSCURRENT"],
    });
    expect(byArn.SecretString).toBe(byName.SecretString);
  });

  test.each(["flagbridge/local/other", "own", "flagbridge/local/constructor"])(
    "is told that %s does not exist",
    async (id) => {
      const client = await clientOf(() => ({ own: {} }));

      await expect(client.send(get(id))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret.",
      });
    },
  );

  test("fills a secret, which holds that until the stack ends", async () => {
    const client = await clientOf(() => ({ own: { tokens: ["a"] }, other: 1 }));
    const put = (id: string, text: string) =>
      client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));

    await put("flagbridge/local/own", '{"tokens":["b"]}');

    expect(await client.send(get("flagbridge/local/own"))).toMatchObject({
      SecretString: '{"tokens":["b"]}',
    });
    expect(await client.send(get("flagbridge/local/other"))).toMatchObject({ SecretString: "1" });
    await expect(put("flagbridge/local/nothing", "{}")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await expect(put("flagbridge/local/own", "{")).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  test("reads many at once, and is told which ones are missing", async () => {
    const client = await clientOf(() => ({ a: 1, b: 2 }));

    const answer = await client.send(
      new BatchGetSecretValueCommand({
        SecretIdList: ["flagbridge/local/a", "flagbridge/local/none", "flagbridge/local/b"],
      }),
    );

    expect(answer.SecretValues?.map(({ Name, SecretString }) => [Name, SecretString])).toEqual([
      ["flagbridge/local/a", "1"],
      ["flagbridge/local/b", "2"],
    ]);
    expect(answer.Errors).toEqual([
      {
        SecretId: "flagbridge/local/none",
        ErrorCode: "ResourceNotFoundException",
        Message: expect.stringContaining("can't find"),
      },
    ]);
  });

  test("is refused more than 20 names a call", async () => {
    const client = await clientOf(() => ({}));
    const ids = Array.from({ length: 21 }, (_, n) => `flagbridge/local/${n}`);

    await expect(client.send(new BatchGetSecretValueCommand({ SecretIdList: ids }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });
});

describe("the secrets file changes under a running stack", () => {
  async function watched() {
    const folder = await temporaryFolder();
    folders.push(folder);
    const path = await folder.file("secrets.json", '{"own":"first"}');
    const problems: string[] = [];
    const reading = readSecretsFile(path);
    if (!reading.ok) throw new Error("the fixture is broken");
    const secrets = watchSecretsFile(
      {
        path,
        check: (now) => ("own" in now ? [] : ["own: missing"]),
        onProblem: (problem) => problems.push(problem),
      },
      reading.secrets,
    );
    const client = await clientOf(secrets);
    const own = async () => (await client.send(get("flagbridge/local/own"))).SecretString;
    return { path, problems, own };
  }

  test("a rotated secret is read without a restart, as another version", async () => {
    const { path, own } = await watched();
    expect(await own()).toBe('"first"');

    writeFileSync(path, '{"own":"second, longer"}');

    expect(await own()).toBe('"second, longer"');
  });

  test.each([
    ["not JSON", "{", "the file is not JSON"],
    ["no object", "[1]", "expected a JSON object"],
    ["refused by the connections", "{}", "own: missing"],
  ])("a file that is %s leaves the last good secrets, and is told once", async (_, text, problem) => {
    const { path, problems, own } = await watched();

    writeFileSync(path, text);

    expect(await own()).toBe('"first"');
    expect(await own()).toBe('"first"');
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test("a file that is mended is read again", async () => {
    const { path, own } = await watched();
    writeFileSync(path, "{");
    expect(await own()).toBe('"first"');

    writeFileSync(path, '{"own":"mended"}');

    expect(await own()).toBe('"mended"');
  });
});

describe("a secrets file that cannot be used", () => {
  test("is told by its reason, without its content", async () => {
    expect(readSecretsFile("/no/such/file.json")).toEqual({
      ok: false,
      problems: ["the file cannot be read (ENOENT)"],
    });
  });
});
