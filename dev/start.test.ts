import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { runStackProcess, type StackProcess, startStackProcess } from "../test/support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { listenOnLoopback } from "./listen.ts";

const folders: TemporaryFolder[] = [];
const dataDirs: DataDir[] = [];
const stacks: StackProcess[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.kill9();
  for (const dataDir of dataDirs.splice(0)) dataDir.close();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function newFolder(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder;
}

describe("a start that works", () => {
  test("says so on one line of stdout, answers at once, logs JSON when asked to, and exits 0 when asked to", async () => {
    const stack = await startStackProcess(["--log", "json"]);
    stacks.push(stack);

    for (const path of ["health", "openapi.json"])
      expect((await fetch(`${stack.url}/${path}`)).status).toBe(200);
    await fetch(`${stack.url}/c/own-code`, { method: "POST", body: "{}" });
    const jsonLines = () =>
      stack
        .stderr()
        .split("\n")
        .filter((line) => line.startsWith("{"));
    await expect
      .poll(() => jsonLines().map((line) => JSON.parse(line)), { timeout: 5_000 })
      .toContainEqual(
        expect.objectContaining({ message: "ingest.answered", connection: "own-code", code: "unauthorized" }),
      );

    expect(await stack.stop("SIGTERM")).toBe(0);
    expect(stack.stdout()).toBe(`Flagbridge is ready: ${stack.url}\n`);
  });

  test("says on stderr where to send, what to prove it by, and where to look, then each request in words, and stops when nobody reads it", async () => {
    const stack = await startStackProcess();
    stacks.push(stack);

    await expect.poll(() => stack.stderr(), { timeout: 5_000 }).toContain("Try first");
    for (const line of [
      `  send to   ${stack.url}/c/own-code`,
      "  prove by  one of tokens of the secret own-code",
      `  look at   ${stack.url}/sandbox/launchdarkly/segments`,
    ])
      expect(stack.stderr()).toContain(line);
    const audienceOperations = [{ segment: { id: "vip" }, contextKey: "member-1", action: "add" }];
    await fetch(`${stack.url}/c/own-code`, {
      method: "POST",
      headers: { authorization: "Bearer dev-token" },
      body: JSON.stringify({ audienceOperations }),
    });
    await expect
      .poll(() => stack.stderr(), { timeout: 20_000 })
      .toMatch(/→ production +1 member changed in /);
    expect(stack.stderr()).toMatch(/^\d\d:\d\d:\d\d {2}own-code +200 accepted 1$/m);
    // No colour where no terminal is, and no member and no key anywhere.
    expect(stack.stderr()).not.toMatch(
      /\[\d+m|member-1|dev-token|dev-write-key|dev-access-token|dev-signing-secret/,
    );

    stack.closeStderr();
    await fetch(`${stack.url}/c/nobody`, { method: "POST", body: "{}" });
    expect(await stack.ended()).toBe(0);
  });

  test("says nothing of that when it is to be quiet", async () => {
    const stack = await startStackProcess(["--quiet"]);
    stacks.push(stack);
    await stack.stop();

    expect(stack.stdout()).toBe(`Flagbridge is ready: ${stack.url}\n`);
    expect(stack.stderr()).not.toMatch(/send to|Keys:|Try first/);
    expect(stack.stderr()).toMatch(
      new RegExp(`^The console:\n  ${stack.url}/console\\?token=[\\w-]{32}$`, "m"),
    );
  });

  test("takes Ctrl-C twice, from the terminal and from npm, as once", async () => {
    const stack = await startStackProcess(["--quiet"]);
    stacks.push(stack);

    const first = stack.stop("SIGINT");
    await stack.stop("SIGINT");

    expect(await first).toBe(0);
  });
});

test("a stack that npm started stops when npm is gone", async () => {
  const npm = spawn("sh", ["-c", '"$0" dev/start.ts --port 0; true', process.execPath], {
    cwd: join(import.meta.dirname, ".."),
    env: { ...process.env, npm_lifecycle_event: "start" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [ready] = await once(npm.stdout, "data");
  const url = String(ready).replace("Flagbridge is ready: ", "").trim();
  expect((await fetch(`${url}/health`)).status).toBe(200);

  npm.kill("SIGKILL");

  await expect
    .poll(
      () =>
        fetch(`${url}/health`).then(
          () => "up",
          () => "gone",
        ),
      { timeout: 10_000 },
    )
    .toBe("gone");
});

describe("a start that cannot be", () => {
  test("ends with 2 and the usage when an option is wrong", async () => {
    expect(await runStackProcess(["--prot", "3000"])).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/--prot[\s\S]*npm start -- \[--port 3000\]/),
    });
  });

  test("names every problem of the connections and of the secrets", async () => {
    const folder = await newFolder();
    const connections = await folder.file(
      "connections.yml",
      "connections:\n  one: { source: nobody, secret: one, audiences: { to: [nowhere] } }\n",
    );
    const secrets = await folder.file("secrets.json", "[]");

    const exit = await runStackProcess(["--connections", connections, "--secrets", secrets]);

    expect(exit).toMatchObject({ code: 1, stdout: "" });
    for (const part of [connections, "connections.one.source", secrets, "expected a JSON object"]) {
      expect(exit.stderr).toContain(part);
    }
  });

  test("names a secret that is missing", async () => {
    const secrets = await (await newFolder()).file(
      "secrets.json",
      '{"own-code":{"tokens":["do-not-show"]},"segment-engage":{"writeKeys":["do-not-show"]}}',
    );

    const exit = await runStackProcess(["--secrets", secrets]);

    expect(exit).toMatchObject({ code: 1, stdout: "" });
    expect(exit.stderr).toContain("launchdarkly-production: expected a secret of this name");
    expect(exit.stderr).not.toContain("do-not-show");
  });

  test("names a file that cannot be read", async () => {
    const exit = await runStackProcess(["--connections", "/no/such/connections.yml"]);

    expect(exit).toMatchObject({ code: 1, stdout: "" });
    expect(exit.stderr).toMatch(/^\/no\/such\/connections\.yml is not right:\n {2}cannot be read \(ENOENT\)/);
  });

  test("names the port that is in use", async () => {
    const server = createServer();
    const port = await listenOnLoopback(server, 0);

    const exit = await runStackProcess(["--port", String(port)]);

    expect(exit).toEqual({
      code: 1,
      stdout: "",
      stderr: `Port ${port} is in use. Stop the program that has it, or choose another with --port.\n`,
    });
    server.close();
  });

  test("names the data directory that another stack has", async () => {
    const { path } = await newFolder();
    dataDirs.push(openDataDir(path));

    const exit = await runStackProcess(["--data-dir", path]);

    expect(exit).toMatchObject({ code: 1, stdout: "" });
    expect(exit.stderr).toBe(
      `The data directory ${path} is in use by another stack that is running. Stop it, or choose another with --data-dir.\n`,
    );
  });
});
