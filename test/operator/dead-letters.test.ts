import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { callAws } from "../../dev/aws-call.ts";
import { flagbridge } from "../support/flagbridge.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let stack: StackProcess;
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startStackProcess(["--batch-window", "0", "--quiet"]);
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

const QUEUE = "flagbridge-local-audience-operations-production";

/** Lets LaunchDarkly refuse these members, and sends an add of each: each becomes a dead letter. */
async function makeDeadLetters(segment: string, keys: readonly string[]): Promise<void> {
  const faults = keys.map((contextKey) => ({ fault: "poison", contextKey }));
  await post("/sandbox/launchdarkly/faults", { faults });
  for (const key of keys) await add(segment, key);
  await deadLettersAre(keys.length);
}

const queueRows = z.object({ queues: z.array(z.object({ name: z.string(), deadLetters: z.number() })) });

async function deadLettersAre(count: number): Promise<void> {
  await until(async () => {
    const answer = await fetch(`${stack.url}/sandbox/queues`);
    const { queues } = queueRows.parse(await answer.json());
    return queues.some(({ name, deadLetters }) => name === QUEUE && deadLetters === count);
  });
}

async function purgeDeadLetters(): Promise<void> {
  const answer = await fetch(`${stack.url}/sandbox/functions`);
  const { stack: found } = z
    .object({ stack: z.object({ endpoints: z.object({ sqs: z.string() }) }) })
    .parse(await answer.json());
  const { sqs: endpoint } = found.endpoints;
  const input = { QueueUrl: `${endpoint}/000000000000/${QUEUE}-dead-letters` };
  await callAws({ endpoint, target: "AmazonSQS.PurgeQueue", input });
}

async function add(segment: string, contextKey: string): Promise<void> {
  await post("/c/own-code", {
    audienceOperations: [{ segment: { id: segment }, contextKey, action: "add" }],
  });
}

async function post(path: string, body: object): Promise<void> {
  const headers = { authorization: "Bearer dev-token" };
  const answer = await fetch(stack.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

const run = (...args: readonly string[]) =>
  flagbridge(args, { env: { FLAGBRIDGE_URL: stack.url }, cwd: folder.path });

const letterList = z.object({
  letters: z.number(),
  groups: z.array(
    z.object({
      queue: z.string(),
      reason: z.string(),
      cause: z.string(),
      status: z.number().nullable(),
      connection: z.string(),
      count: z.number(),
      items: z.number(),
      oldest: z.iso.datetime(),
    }),
  ),
});

async function list(...args: readonly string[]): Promise<z.output<typeof letterList>> {
  const { stdout, code } = await run("dead-letters", "--json", ...args);
  expect(code).toBe(0);
  return letterList.parse(JSON.parse(stdout));
}

async function membersOf(segment: string): Promise<readonly string[]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
  const { segments } = z
    .object({ segments: z.array(z.object({ id: z.string(), members: z.array(z.string()) })) })
    .parse(await answer.json());
  return segments.find(({ id }) => id === segment)?.members ?? [];
}

describe("dead letters of a member that LaunchDarkly refuses", () => {
  beforeEach(async () => {
    await fetch(`${stack.url}/sandbox/launchdarkly/faults`, { method: "DELETE" });
    await purgeDeadLetters();
  });

  test("are listed by what they died of, and stay where they are", async () => {
    await makeDeadLetters("listed", ["ana", "ben"]);
    for (const _ of ["once", "and again"]) {
      const { letters, groups } = await list();
      expect(letters).toBe(2);
      expect(groups).toMatchObject([
        {
          queue: QUEUE,
          reason: "refused-by-launchdarkly",
          status: 400,
          connection: "own-code",
          count: 2,
          items: 2,
        },
      ]);
    }
    expect((await list("--reason", "too-old")).letters).toBe(0);
    expect(
      (await list("--connection", "own-code", "--queue", "audience-operations-production")).letters,
    ).toBe(2);
    const { stdout } = await run("dead-letters");
    expect(stdout).toMatch(
      /audience-operations-production +refused-by-launchdarkly +400 +own-code +2 +2 +20/,
    );
  });

  test("show in full what they hold", async () => {
    await makeDeadLetters("shown", ["cleo"]);
    const { stdout } = await run("dead-letters", "show");
    expect(stdout).toContain('"key": "cleo"');
    expect(stdout).toMatch(/reason +refused-by-launchdarkly/);
    const id = /^id +(\S+)$/m.exec(stdout)?.[1] ?? "";
    const byId = await run("dead-letters", "show", id, "--json");
    expect(JSON.parse(byId.stdout)).toMatchObject({ letters: [{ id, connection: "own-code" }] });
  });

  test("go back to their queue, and home once what was wrong is right", async () => {
    await makeDeadLetters("redriven", ["dora", "emil", "finn"]);
    await fetch(`${stack.url}/sandbox/launchdarkly/faults`, { method: "DELETE" });
    const { stdout, code } = await run("dead-letters", "redrive", "--rate", "100", "--json");
    expect({ code, ...JSON.parse(stdout) }).toEqual({ code: 0, sent: 3, left: 0 });
    await until(async () => (await membersOf("redriven")).length === 3);
    expect((await list()).letters).toBe(0);
  });

  test("go back as far as --limit says, and those of another reason stay", async () => {
    await makeDeadLetters("limited", ["gil", "hana"]);
    expect(
      JSON.parse((await run("dead-letters", "redrive", "--reason", "too-old", "--json")).stdout),
    ).toEqual({
      sent: 0,
      left: 0,
    });
    const { stdout } = await run("dead-letters", "redrive", "--limit", "1", "--json");
    expect(JSON.parse(stdout)).toEqual({ sent: 1, left: 0 });
    // It dies once more of the same thing.
    await deadLettersAre(2);
  });

  test("are deleted after a copy in a file that only its owner reads", async () => {
    await makeDeadLetters("deleted", ["iris"]);
    const { stdout, code } = await run("dead-letters", "delete", "--yes", "--json");
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, deleted: 1, left: 0 });
    const [file = ""] = (await readdir(folder.path))
      .filter((name) => name.endsWith(".ndjson"))
      .sort()
      .slice(-1);
    const path = join(folder.path, file);
    expect(JSON.parse(stdout).file).toMatch(new RegExp(`${file}$`));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const [line = ""] = (await readFile(path, "utf8")).split("\n");
    expect(JSON.parse(line)).toMatchObject({ reason: "refused-by-launchdarkly", items: 1 });
    expect((await list()).letters).toBe(0);
  });

  test("are not deleted without a yes when there is nobody to ask", async () => {
    await makeDeadLetters("kept", ["jon"]);
    const { code, stderr } = await run("dead-letters", "delete");
    expect(code).toBe(2);
    expect(stderr).toContain("Add --yes");
    expect((await list()).letters).toBe(1);
  });

  test("are counted by reason in the status", async () => {
    await makeDeadLetters("counted", ["kim"]);
    const { stdout } = await run("status", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      target: { kind: "local", url: stack.url },
      deadLettersByReason: { "refused-by-launchdarkly": 1 },
      alarms: [],
    });
    expect((await run("status")).stdout).toMatch(/audience-operations-production +0 +0 +1\n/);
  });
});

describe("a wrong command line", () => {
  test.each([
    [
      ["dead-letters", "--queue", "audience-operations-productoin"],
      'did you mean "audience-operations-production"?',
    ],
    [["dead-letters", "--connection", "own-cod"], 'did you mean "own-code"?'],
    [["dead-letters", "delete", "--connection", "own-cod", "--yes"], 'did you mean "own-code"?'],
    [["dead-letters", "redrive", "--rate", "fast"], "expected a whole number from 1 up"],
    [["dead-letters", "show", "no-such-id"], 'no dead letter with the id "no-such-id"'],
    [["dead-leters"], "Did you mean dead-letters?"],
    [["status", "--url", "localhost"], "expected a URL, as http://localhost:3000"],
    [["status", "--url", "http://127.0.0.1:9"], "No local stack answers at http://127.0.0.1:9"],
    [["status", "--url", "http://ann:s3cret@127.0.0.1:9"], "without a user name and password"],
    [["status", "--connections", "missing.yml"], "missing.yml is not right"],
  ])("%j ends with 2 and says what to type", async (args, message) => {
    const { code, stderr, stdout } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("s3cret");
  });

  test("at the address of something else says that it is no local stack, and does not quote it", async () => {
    const stranger = createServer((_, answer) => void answer.end("<html>\u001b[31mhello"));
    stranger.listen(0, "127.0.0.1");
    await once(stranger, "listening");
    const address = stranger.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { code, stderr } = await run("status", "--url", `http://127.0.0.1:${port}`);
    stranger.close();
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not a local stack of this version/);
    expect(stderr).not.toContain("hello");
  });
});
