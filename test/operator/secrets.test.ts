import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flagbridge } from "../support/flagbridge.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let stack: StackProcess;
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startStackProcess(["--quiet"]);
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

const run = (args: readonly string[], stdin?: string) =>
  flagbridge(args, { env: { FLAGBRIDGE_URL: stack.url }, ...(stdin !== undefined && { stdin }) });

async function sendWith(token: string): Promise<number> {
  const { status } = await fetch(`${stack.url}/c/own-code`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ audienceOperations: [] }),
  });
  return status;
}

test("the secrets are listed with what uses them, and nothing of their values", async () => {
  const { stdout, code } = await run(["secrets", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).secrets).toContainEqual({
    name: "own-code",
    usedBy: ["connections.own-code"],
    state: "ok",
    changedAt: expect.stringMatching(/^20/),
    problems: [],
  });
  expect(stdout).not.toContain("dev-token");
});

test("a sender's key is rotated: both are there, then the new one alone, and neither is shown", async () => {
  const begun = await run(["secrets", "rotate", "own-code"], "brand-new-token\n");
  expect(begun.code).toBe(0);
  const twice = await run(["secrets", "rotate", "own-code"], "third-token");
  expect(twice.code).toBe(2);
  expect(twice.stderr).toContain("secrets rotate own-code --finish");
  const finished = await run(["secrets", "rotate", "own-code", "--finish"]);
  expect(finished.code).toBe(0);
  const again = await run(["secrets", "rotate", "own-code", "--finish"]);
  expect(again.stderr).toContain("no rotation to finish");
  for (const { stdout, stderr } of [begun, twice, finished])
    expect(stdout + stderr).not.toMatch(/brand-new-token|third-token|dev-token/);
  expect((await run(["secrets", "set", "own-code"], '{"tokens":["dev-token"]}')).code).toBe(0);
  expect(await sendWith("dev-token")).not.toBe(401);
});

test("a LaunchDarkly key alone will do, from a file", async () => {
  const file = join(folder.path, "key");
  await writeFile(file, "api-1234\n");
  const { code, stdout } = await run(["secrets", "set", "launchdarkly-production", "--file", file, "--json"]);
  expect({ code, ...JSON.parse(stdout) }).toEqual({
    code: 0,
    secret: "launchdarkly-production",
    written: true,
  });
});

test.each([
  ["an unknown name", ["secrets", "set", "own-cod"], "x", 'did you mean "own-code"?'],
  ["a value that is no JSON", ["secrets", "set", "own-code"], "s3cret", 'expected JSON as {"tokens":["…"]}'],
  ["a wrong shape", ["secrets", "set", "own-code"], '{"token":"s3cret"}', "nothing was written"],
  [
    "a key of another connection",
    ["secrets", "set", "own-code"],
    '{"writeKeys":["dev-write-key"]}',
    "share one of their writeKeys",
  ],
  [
    "half of a JSON value",
    ["secrets", "set", "launchdarkly-production"],
    '{"accessToken":"s3cret"',
    "found neither",
  ],
  ["a key in quotes", ["secrets", "set", "launchdarkly-production"], '"s3cret"', "without quotes"],
  [
    "a whole value as a new key",
    ["secrets", "rotate", "own-code"],
    '{"tokens":["s3cret"]}',
    "the new key alone",
  ],
  ["the old key as a new one", ["secrets", "rotate", "own-code"], "dev-token", "has this key already"],
  ["nothing", ["secrets", "set", "own-code"], "", "expected the value on stdin"],
  [
    "a file that is not there",
    ["secrets", "set", "own-code", "--file", "/no/such"],
    "",
    "cannot be read (ENOENT)",
  ],
  [
    "a key that goes out",
    ["secrets", "rotate", "launchdarkly-production"],
    "api-s3cret",
    "make a new key there",
  ],
  ["an unknown kind", ["secrets", "rotate", "own-code", "--kind", "keys"], "x", "Allowed choices are"],
])("%s is refused, says why, and is not quoted", async (_, args, stdin, message) => {
  const { code, stderr, stdout } = await run(args, stdin);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/s3cret|dev-write-key|dev-token/);
});

test("flag changes are replayed from the audit log, and say what was read", async () => {
  await fetch(`${stack.url}/sandbox/launchdarkly/flags/new-checkout/toggle`, { method: "POST" });
  const { code, stdout } = await run(["replay", "flag-changes", "--from", "2026-01-01", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ entries: 1, queued: 1, seconds: expect.any(Number) });
});

test.each([
  [["replay", "flag-changes", "--from", "yesterday"], "expected a date or a time"],
  [
    ["replay", "flag-changes", "--from", "2026-01-01", "--connection", "web"],
    "expected a connection with sweep",
  ],
  [["replay", "flag-changes"], "required option '--from <date>' not specified"],
])("%j ends with 2 and says what to type", async (args, message) => {
  const { code, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("connections urls says what to paste where, in the vendor's words", async () => {
  const { stdout } = await run(["connections", "urls"]);
  expect(stdout).toContain("LaunchDarkly: Organization settings → Integrations → Webhooks → Add");
  expect(stdout).toContain(`${stack.url}/c/flag-changes`);
  expect(stdout).toContain("a write key of the secret segment-engage");
});
