import { execFile } from "node:child_process";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { listenOnLoopback } from "../../dev/listen.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { EMULATED_FOLDER } from "./virtual-environment.ts";

/** `npm run deploy:emulated` with what it cannot work with: it says what to do, exits with 1 or 2, and leaves nothing running. */

const START = join(import.meta.dirname, "../../dev/emulated/start.ts");
const FREE_PORTS = ["--port", "0", "--emulator-port", "0"];

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

function start(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const command = ["--disable-warning=ExperimentalWarning", START, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env: { ...process.env, ...variables } }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** The emulator, the functions in it and `sls` all have the account's folder in their command line or run below it. */
async function expectNothingLeft(): Promise<void> {
  expect(readdirSync(EMULATED_FOLDER).filter((name) => name.startsWith("account-"))).toEqual([]);
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "args="]);
  expect(stdout.split("\n").filter((line) => line.includes(join(EMULATED_FOLDER, "account-")))).toEqual([]);
}

let folder: TemporaryFolder | undefined;
let server: Server | undefined;

afterEach(async () => {
  server?.close();
  await folder?.remove();
});

test("an option that it does not know", async () => {
  const { code, stderr } = await start(["--prot", "1"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--prot");
  expect(stderr).toContain("npm run deploy:emulated -- [--port 3000]");
});

test("no Python", async () => {
  const { code, stdout, stderr } = await start(FREE_PORTS, { PYTHON: "/nowhere/python3" });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("needs Python 3.10 or newer, and there is no /nowhere/python3 that starts");
  expect(stderr).toContain("PYTHON=/path/to/python3");
});

test("a Python that is too old", async () => {
  folder = await temporaryFolder();
  const old = join(folder.path, "python3");
  writeFileSync(old, "#!/bin/sh\necho 3.9.18\n");
  chmodSync(old, 0o755);
  const { code, stderr } = await start(FREE_PORTS, { PYTHON: old });
  expect(code).toBe(1);
  expect(stderr).toContain(`needs Python 3.10 or newer, and ${old} is Python 3.9.18`);
});

test.each([
  ["--port", "--port"],
  ["--emulator-port", "--emulator-port"],
])("a port of %s that is in use", async (option) => {
  server = createServer();
  const port = await listenOnLoopback(server, 0);
  const { code, stderr } = await start([...FREE_PORTS, option, String(port)]);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `Port ${port} is in use. Stop the program that has it, or choose another with ${option}.`,
  );
  await expectNothingLeft();
});

test("a resource that cannot be made", async () => {
  const { code, stdout, stderr } = await start([...FREE_PORTS, "--fail-resource", "IngestLambdaFunction"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("IngestLambdaFunction was told to fail");
  expect(stderr).toContain("Nothing is left running. Mend the cause and start again.");
  await expectNothingLeft();
});
