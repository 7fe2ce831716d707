import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Account, openAccount, SERVICE } from "../../dev/emulated/deployment.ts";
import type { Project } from "../../dev/emulated/project.ts";
import { createDeployer, refusedCalls } from "./deployer.ts";
import { EMULATED_FOLDER, virtualEnvironment } from "./virtual-environment.ts";

/** The commands of docs/deploy.md for a pipeline without Serverless, as they stand there but for the name of the stage. */

const STAGE = "bare";
const STACK = `${SERVICE}-${STAGE}`;
const page = readFileSync(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");
const [, section = ""] = /\n## Without Serverless\n([\s\S]*?)\n## /.exec(page) ?? [];
const [first = "", every = ""] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) =>
  block.replaceAll("flagbridge-prod", STACK).replaceAll("STAGE=prod", `STAGE=${STAGE}`),
);

let account: Account;
let project: Project;
let deployer: Readonly<Record<string, string>>;

beforeAll(async () => {
  account = await openAccount({
    environment: virtualEnvironment(),
    parent: EMULATED_FOLDER,
    port: 0,
    emulatorPort: 0,
  });
  deployer = await createDeployer(account);
  project = await account.project("project");
  await project.sls(["package", "--stage", STAGE]);
});

afterAll(() => account?.stop());

/** Runs a block of the page where `.serverless/` is, and stops at the first command that fails, as a pipeline does. */
async function run(block: string): Promise<string> {
  const node = join(import.meta.dirname, "../../node_modules/.bin");
  const PATH = [dirname(virtualEnvironment().aws), node, process.env.PATH].join(delimiter);
  const env = { ...deployer, HOME: project.directory, PATH };
  const { stdout } = await promisify(execFile)("sh", ["-ec", block], { cwd: project.directory, env });
  return stdout;
}

const output = (name: string) =>
  account.aws([
    ...["cloudformation", "describe-stacks", "--stack-name", STACK, "--output", "text"],
    ...["--query", `Stacks[0].Outputs[?OutputKey=='${name}'].OutputValue`],
  ]);

test("the stack is made with its bucket, and then with everything that was packaged", async () => {
  await run(first);
  await run(every);
  const status = ["--query", "Stacks[0].StackStatus", "--output", "text"];
  expect(await account.aws(["cloudformation", "describe-stacks", "--stack-name", STACK, ...status])).toBe(
    "UPDATE_COMPLETE",
  );
  const api = `${account.emulator.endpoint}/_aws/execute-api/${await output("HttpApiId")}/$default`;
  for (const path of ["health", "openapi.json"]) expect((await fetch(`${api}/${path}`)).status).toBe(200);
});

test("the same commands deploy a second package over it, and what was there stays", async () => {
  const secret = ["--secret-id", `${SERVICE}/${STAGE}/own-code`];
  await account.aws([
    "secretsmanager",
    "put-secret-value",
    ...secret,
    "--secret-string",
    '{"tokens":["kept"]}',
  ]);
  await project.sls(["package", "--stage", STAGE, "--param", "memory=1536"]);
  await expect(run(first)).rejects.toMatchObject({ stderr: expect.stringContaining("AlreadyExists") });
  await run(every);
  const name = ["--function-name", `${STACK}-ingest`, "--query", "MemorySize"];
  expect(await account.aws(["lambda", "get-function-configuration", ...name])).toBe("1536");
  const value = ["--query", "SecretString", "--output", "text"];
  expect(await account.aws(["secretsmanager", "get-secret-value", ...secret, ...value])).toBe(
    '{"tokens":["kept"]}',
  );
});

test("they asked for nothing that the policy of the page refuses", () => {
  expect(refusedCalls(account.emulator.callsFile)).toEqual([]);
});
