import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as z from "zod";
import { type CommandRunner, commandRunner, sectionsOf } from "../support/documented-commands.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

/** docs/security.md's way to forget a person, with its own commands. */

const page = readFileSync(join(import.meta.dirname, "../../docs/security.md"), "utf8");
const blocks = sectionsOf(page).find(({ heading }) => heading === "## Forget a person")?.blocks ?? [];
const [forgetting = "", deleting = ""] = blocks;
/** The page is for a terminal, which asks. */
const commandFor = (block: string, person: string) => block.trim().replace("user-1", `${person} --yes`);

const WRITERS = ["big", "list", "synced"] as const;
/** Each becomes another key with `big` and `list`, of which an environment has one. */
const SEGMENTS: Readonly<Record<string, string>> = {
  big: "VIP customers",
  list: "Beta testers",
  synced: "VIP customers",
};
const PEOPLE = ["ana"];

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000 });
const patiently = { timeout: 60_000, interval: 200 };

let folder: TemporaryFolder;
let stack: StackProcess;
let commands: CommandRunner;

beforeAll(async () => {
  folder = await temporaryFolder();
  const connections = [
    "launchdarkly:",
    `  production: { clientSideId: "id", instance: ${SANDBOX_INSTANCE}, project: web, environment: production, secret: launchdarkly }`,
    "connections:",
    ...WRITERS.map(
      (writer) =>
        `  forget-${writer}: { source: flagbridge, secret: ${writer}, audiences: { to: [production], writer: ${writer} } }`,
    ),
  ].join("\n");
  const secrets = {
    launchdarkly: { accessToken: "token" },
    ...Object.fromEntries(WRITERS.map((writer) => [writer, { tokens: [`${writer}-token`] }])),
  };
  const files = await stackFiles(folder, { connections, secrets });
  stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json"]);
  commands = commandRunner(stack);
});

afterAll(async () => {
  commands.remove();
  await stack.stop();
  await folder.remove();
});

async function send(writer: string, body: string): Promise<void> {
  const answer = await fetch(`${stack.url}/c/forget-${writer}`, {
    method: "POST",
    headers: { authorization: `Bearer ${writer}-token` },
    body,
  });
  expect(await answer.json()).toMatchObject({ success: true, accepted: 1 });
}

const operation = (
  action: "add" | "remove",
  contextKey: string,
  { id, at }: { readonly id: string | undefined; readonly at?: string },
) => JSON.stringify({ audienceOperations: [{ segment: { id }, contextKey, action, at }] });

const segmentList = z.object({
  segments: z.array(z.object({ integration: z.string(), members: z.array(z.string()) })),
});

/** The writers, by the names that the sandbox has for them, whose segments have a person. */
async function segmentsWith(person: string): Promise<string[]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
  const { segments } = segmentList.parse(await answer.json());
  return segments
    .filter(({ members }) => members.includes(person))
    .map(({ integration }) => integration)
    .sort();
}

const queueList = z.object({ queues: z.array(z.object({ waiting: z.number(), inFlight: z.number() })) });

async function isAllDone(): Promise<boolean> {
  const { queues } = queueList.parse(await (await fetch(`${stack.url}/sandbox/queues`)).json());
  return queues.every(({ waiting, inFlight }) => waiting + inFlight === 0);
}

test("a person who is removed through one writer stays in the segments of the others", async () => {
  for (const person of PEOPLE) {
    for (const writer of WRITERS) await send(writer, operation("add", person, { id: SEGMENTS[writer] }));
    await expect.poll(() => segmentsWith(person), patiently).toEqual(["big", "list", "segment-audiences"]);
    await send("synced", operation("remove", person, { id: SEGMENTS.synced }));
    await expect.poll(() => segmentsWith(person), patiently).toEqual(["big", "list"]);
  }
});

test.each(PEOPLE)("the page's command takes a person out of every segment (%.8s)", async (person) => {
  const printed = await commands.run(commandFor(forgetting, person));
  expect(printed).toContain("LaunchDarkly was read back");
  expect(await segmentsWith(person)).toEqual([]);
});

test("nothing older brings a person back", async () => {
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  for (const writer of WRITERS)
    await send(writer, operation("add", "ana", { id: SEGMENTS[writer], at: hourAgo }));
  // Behind it in the same queues; when these are there, the older ones are decided.
  for (const writer of WRITERS) await send(writer, operation("add", "bob", { id: SEGMENTS[writer] }));
  await expect.poll(() => segmentsWith("bob"), patiently).toHaveLength(3);
  await expect.poll(isAllDone, patiently).toBe(true);
  expect(await segmentsWith("ana")).toEqual([]);
});

test("the removals that are left can be deleted", async () => {
  expect(await commands.run(commandFor(deleting, "ana"))).toContain(
    "3 removals were deleted from the ledger",
  );
});

test("a removal through list from a big segment is not carried out, and waits", async () => {
  await send("big", operation("add", "eve", { id: SEGMENTS.big }));
  await expect.poll(() => segmentsWith("eve"), patiently).toEqual(["big"]);
  await send("list", operation("remove", "eve", { id: SEGMENTS.big }));
  await expect.poll(() => stack.stderr(), patiently).toContain('"segment-is-big"');
  expect(await segmentsWith("eve")).toEqual(["big"]);
});
