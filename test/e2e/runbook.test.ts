import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { type CommandRunner, commandRunner, sectionsOf } from "../support/documented-commands.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

/** Every command of the runbook, run on the local stack as a person would rehearse it. */

const page = readFileSync(join(import.meta.dirname, "../../docs/runbook.md"), "utf8");
const sections = sectionsOf(page).filter(({ heading }) => heading !== "## Rehearse");
const deadLetters = sections.filter(({ heading }) => /-dead-letters`/.test(heading));

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patiently = { timeout: 60_000, interval: 200 };

let stack: StackProcess;
let commands: CommandRunner;

beforeAll(async () => {
  stack = await startStackProcess(["--batch-window", "0"]);
  commands = commandRunner(stack, { TOKEN: "api-rehearsed" });
  await call("/c/own-code", { method: "POST", headers: { authorization: "Bearer no" }, body: "{}" });
});

afterAll(async () => {
  commands.remove();
  await stack.stop();
});

const sandbox = "/sandbox/launchdarkly";
const queueSchema = z.object({
  queues: z.array(z.object({ name: z.string(), deadLetters: z.number() })),
});

async function call(path: string, init: RequestInit = {}): Promise<unknown> {
  return (await fetch(`${stack.url}${path}`, init)).json();
}

async function audienceQueue() {
  const { queues } = queueSchema.parse(await call("/sandbox/queues"));
  return queues.find(({ name }) => name === "flagbridge-local-audience-operations-production");
}

/** Adds a member that LaunchDarkly refuses, until it is a dead letter. */
async function bury(contextKey: string): Promise<void> {
  await call(`${sandbox}/faults`, {
    method: "POST",
    body: JSON.stringify({ faults: [{ fault: "poison", contextKey }] }),
  });
  const operation = { segment: { id: "beta" }, contextKey, action: "add" };
  await call("/c/own-code", {
    method: "POST",
    headers: { authorization: "Bearer dev-token" },
    body: JSON.stringify({ audienceOperations: [operation] }),
  });
  await expect.poll(audienceQueue, patiently).toMatchObject({ deadLetters: 1 });
}

describe("the section of the dead letters", () => {
  const [section] = deadLetters;
  const script = section?.blocks.join("\n") ?? "";

  test("shows a letter's reason, the destination's answer and its body, then sends it home", async () => {
    await bury("ana");
    await call(`${sandbox}/faults`, { method: "DELETE" });

    const shown = await commands.run(script);

    for (const part of ["refused-by-launchdarkly", "cause", '"key": "ana"', "sent 1, left 0"])
      expect(shown).toContain(part);
    await expect
      .poll(() => call(`${sandbox}/segments`), patiently)
      .toMatchObject({ segments: [{ members: ["ana"] }] });
    expect(await audienceQueue()).toMatchObject({ deadLetters: 0 });
  });

  test("throws away what is not to be sent", async () => {
    await bury("bob");
    // Its copy is a file of the folder that the command runs in.
    await commands.run(['cd "$(mktemp -d)"', ...(section?.inline ?? [])].join("\n"));
    expect(await audienceQueue()).toMatchObject({ deadLetters: 0 });
  });
});

test.each(
  sections
    .filter((section) => !deadLetters.includes(section))
    .filter(({ blocks, inline }) => blocks.length + inline.length > 0)
    .map((section) => [section.heading.slice(0, 60), section] as const),
)("every command of '%s' is one that works here, or that only AWS has", async (_, { blocks, inline }) => {
  for (const script of [...blocks, ...inline]) await commands.run(script);
});

test("the patterns of the log's commands find the lines that they are for", async () => {
  const logs = sections
    .flatMap(({ blocks }) => blocks)
    .join("\n")
    .split("\n");
  const ofLine = (part: string) =>
    logs.find((line) => line.startsWith("npx sls logs") && line.includes(part)) ?? "";
  for (const part of ["ingest.answered", "audience.flushed", "unauthorized"])
    expect(await commands.run(ofLine(part)), part).toContain(part);
});

test("what only AWS has is what the runbook says that cannot be rehearsed", () => {
  expect(commands.awsAlone()).toEqual([
    "cloudwatch get-metric-statistics",
    "events enable-rule",
    "events list-rules",
    "lambda get-account-settings",
    "logs tail",
    "sls info",
  ]);
});

test("a secret that the runbook's command has filled is another from then on", async () => {
  const old = await fetch(`${stack.url}${sandbox}/api/v2/auditlog`, {
    headers: { authorization: "dev-access-token" },
  });
  expect(old.status).toBe(401);
});
