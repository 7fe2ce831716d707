import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { bundledConnections } from "../../lib/connections/bundled.ts";
import { connectionsOf } from "../../test/support/doctor-environment.ts";
import { type Check, lineAbout, listed } from "./check.ts";
import { deployedCheck } from "./deployed.ts";
import { forTarget } from "./for-target.ts";
import { runChecks } from "./run.ts";

const line = lineAbout("a.b", "subject");
const check = (title: string, run: Check["run"]): Check => ({ title, line, run });

test("lines keep the order of their checks, whichever ends first, and the failed are counted", async () => {
  let release = (): void => undefined;
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const done: string[] = [];
  const { checks, failed } = await runChecks(
    [
      check("first", async () => {
        await slow;
        return [line.ok("first")];
      }),
      check("second", async () => {
        release();
        return [line.failed("second", "mend it"), line.warning("third", "know it")];
      }),
    ],
    { noteDone: (count, title) => done.push(`${count} ${title}`), describe: String },
  );
  expect(checks.map(({ found }) => found)).toEqual(["first", "second", "third"]);
  expect(failed).toBe(1);
  expect(done).toEqual(["1 second", "2 first"]);
});

test("a check that throws is a failed line that says why, and the others go on", async () => {
  const { checks } = await runChecks(
    [
      check("broken", async () => {
        throw new Error("out of order");
      }),
      check("sound", async () => [line.ok("fine")]),
    ],
    { noteDone: () => undefined, describe: (error) => (error instanceof Error ? error.message : "") },
  );
  expect(checks).toMatchObject([
    { id: "a.b", status: "failed", fix: "out of order" },
    { status: "ok", found: "fine" },
  ]);
});

test.each([
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more"],
])("names are listed as a sentence has them: %j", (names, text) => {
  expect(listed(names)).toBe(text);
});

test("the commands of a fix name the stage, so that they can be pasted", () => {
  const stage = {
    kind: "stage",
    stage: "prod",
    region: "eu-west-1",
    accountId: "1",
    url: "https://x",
  } as const;
  expect(forTarget("Fill it: npx flagbridge secrets set own. Then npx flagbridge resume a-b c", stage)).toBe(
    "Fill it: npx flagbridge secrets set own --stage prod --region eu-west-1. Then npx flagbridge resume a-b c --stage prod --region eu-west-1",
  );
  const local = { kind: "local", region: "eu-west-1", accountId: "1", url: "http://x" } as const;
  expect(forTarget("npx flagbridge doctor --write", local)).toBe("npx flagbridge doctor --write");
});

const connections = connectionsOf(`
launchdarkly:
  production: { clientSideId: one, secret: launchdarkly }
connections:
  own: { source: flagbridge, secret: own, audiences: { to: [production] } }
`);
const digest = hash("sha256", bundledConnections(connections));
const STAGE = {
  kind: "stage",
  stage: "prod",
  region: "eu-west-1",
  accountId: "1",
  url: "https://x",
} as const;

test.each<[string, { version: string | undefined; connectionsDigest: string | undefined }, string[]]>([
  ["the same", { version: "1.2.3", connectionsDigest: digest }, ["ok", "ok"]],
  ["others", { version: "1.2.2", connectionsDigest: "0".repeat(64) }, ["failed", "warning"]],
  ["not said", { version: undefined, connectionsDigest: undefined }, ["skipped", "skipped"]],
])("the deployed connections and version: %s", async (_name, deployed, statuses) => {
  const bundle = { connections, connectionsFile: "connections.yml", deployed, where: STAGE };
  const lines = await deployedCheck(bundle, { version: "1.2.3" }).run();
  expect(lines.map(({ status }) => status)).toEqual(statuses);
});

test("of a local stack it is said what it runs with, and that no deploy is there to compare", async () => {
  const deployed = { version: undefined, connectionsDigest: undefined };
  const where = { kind: "local", region: "us-east-1", accountId: "0", url: "http://localhost:3000" } as const;
  const bundle = { connections, connectionsFile: "dev/connections.yml", deployed, where };
  const lines = await deployedCheck(bundle, { version: "1.2.3" }).run();
  expect(lines.map(({ found }) => found)).toEqual([
    "the stack runs with dev/connections.yml: a local stack has no deploy to compare it with",
    "a local stack runs from its clone: no version of it is deployed",
  ]);
});
