import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type CommandRunner, commandRunner } from "../support/documented-commands.ts";
import { openRecordingGate, type RecordingGate } from "../support/recording-gate.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

/** Every example of docs/commands.md, run in the order of the page: each prints what the page says. */

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/commands.md"), "utf8");

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patiently = { timeout: 60_000, interval: 200 };

let stack: StackProcess;
let gate: RecordingGate;
/** Through the gate. */
let commands: CommandRunner;
/** Past it: the doctor compares the address of the API with that of the webhook. */
let plain: CommandRunner;
beforeAll(async () => {
  stack = await startStackProcess(["--batch-window", "0", "--quiet"]);
  gate = await openRecordingGate(stack.url);
  commands = commandRunner({ ...stack, url: gate.url }, KEYS);
  plain = commandRunner(stack, KEYS);
});
afterAll(async () => {
  commands?.remove();
  plain?.remove();
  gate?.close();
  await stack?.stop();
});

type Example = { readonly heading: string; readonly script: string; readonly output: string | undefined };

/** A block of `sh`, and the block right behind it, if there is one before the next: what it prints. */
function examplesOf(text: string): readonly Example[] {
  return text.split(/^(?=## )/m).flatMap((section) => {
    const heading = section.split("\n")[0] ?? "";
    const blocks = [...section.matchAll(/^```(sh)?\n([\s\S]*?)^```$/gm)];
    return blocks.flatMap(([, language, script = ""], at) => {
      if (language !== "sh") return [];
      const next = blocks[at + 1];
      return [{ heading, script, output: next && next[1] !== "sh" ? next[2] : undefined }];
    });
  });
}

/** What was printed, with `…` where the page has it and what it stands for fits: alone on a line it stands for all that follows. */
function asThePageHasIt(printed: string, output: string): string {
  const wanted = output.trimEnd().split("\n");
  const lines = printed.trimEnd().split("\n");
  const rest = wanted.indexOf("…");
  const shown = rest < 0 ? lines : [...lines.slice(0, rest), "…"];
  return shown
    .map((line, at) => (patternOf(wanted[at] ?? "").test(line) ? (wanted[at] ?? line) : line))
    .join("\n");
}

function patternOf(line: string): RegExp {
  const parts = line.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

/** The keys of dev/secrets.json, as the page calls them. */
const KEYS = {
  OWN_CODE_TOKEN: "dev-token",
  NEW_KEY: "rotated-write-key",
  LAUNCHDARKLY_TOKEN: "dev-access-token",
};

const examples = examplesOf(page);

/** The actions that the examples of each command needed. */
const needed = new Map<string, Set<string>>();

function note(command: string, actions: readonly string[]): void {
  const own = needed.get(command) ?? new Set();
  needed.set(command, own);
  for (const action of actions) own.add(action);
}

/** Of a heading or a row, the first command that it names. */
function nameOf(text: string): string {
  return /`([\w-]+)/.exec(text)?.[1] ?? "";
}

test("every command has an example", () => {
  expect(examples.length).toBeGreaterThanOrEqual(12);
  expect(examples.filter(({ output }) => output === undefined).map(({ script }) => script)).toEqual([
    expect.stringContaining("curl -X POST"),
  ]);
});

test.each(examples.map((example) => [example.heading, example.script.split("\n")[0], example] as const))(
  "%s: %s prints what the page says",
  async (_, __, { heading, script, output }) => {
    const command = nameOf(heading);
    const run = async () => {
      const printed = await (command === "doctor" ? plain : commands).run(script);
      note(command, gate.take());
      return asThePageHasIt(printed, output ?? printed);
    };
    // What was accepted a moment ago may not be a dead letter yet; what is sent back must not be looked for twice.
    if (/dead-letters$|flagbridge (explain|segments|diff) /m.test(script))
      await expect.poll(run, patiently).toBe(output?.trimEnd());
    else {
      const printed = await run();
      expect(printed).toBe((output ?? printed).trimEnd());
    }
  },
);

describe("the rights of the page", () => {
  const rows = page
    .slice(page.indexOf("## Rights on AWS"))
    .split("\n")
    .filter((line) => /^\| `/.test(line) && line.split("|").length === 5)
    .map((line) => line.split("|").slice(1, 4))
    .map(([command = "", ...cells]) => {
      const [always = [], asNeeded = []] = cells.map((cell) => cell.match(/\w+:\w+/g) ?? []);
      return { command: nameOf(command), always, asNeeded };
    });

  test("are those of the calls that the commands make", async () => {
    await commands.run("npx flagbridge doctor");
    note("doctor", gate.take());
    for (const { command, always, asNeeded } of rows) {
      const actions = [...(needed.get(command) ?? [])];
      expect(actions, command).toEqual(expect.arrayContaining(always));
      expect([...always, ...asNeeded], command).toEqual(expect.arrayContaining(actions));
    }
    const commandsOfThePage = new Set(examples.map(({ heading }) => nameOf(heading)));
    expect(rows.map(({ command }) => command).sort()).toEqual([...commandsOfThePage].sort());
  });

  test("are those that the operator's clients can make use of, and no others", () => {
    const listed = new Set(page.slice(page.indexOf("## Rights on AWS")).match(/(?!kms)\b[a-z]+:[A-Z]\w+/g));
    const target = readFileSync(join(root, "operator/target.ts"), "utf8");
    const actions = new Set(
      [...target.matchAll(/"\.\.\/(lib\/aws\/[\w-]+\.ts)"/g)].flatMap(([, file = ""]) =>
        actionsIn(readFileSync(join(root, file), "utf8")),
      ),
    );
    expect([...listed].sort()).toEqual([...actions].filter((action) => !OF_FUNCTIONS.has(action)).sort());
  });
});

/** The functions share these clients, and have calls in them that no command makes. */
const OF_FUNCTIONS: ReadonlySet<string> = new Set([
  "dynamodb:BatchWriteItem",
  "secretsmanager:BatchGetSecretValue",
]);
const PREFIXES: Readonly<Record<string, string>> = { "secrets-manager": "secretsmanager" };

/** The IAM actions of the commands that a file imports from the SDK. */
function actionsIn(source: string): readonly string[] {
  return [...source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)"/g)].flatMap(
    ([, names = "", client = ""]) =>
      [...names.matchAll(/\b(?:paginate(\w+)|(\w+?)(?:Batch)?Command)\b/g)].map(([, paged, sent]) =>
        iamAction(PREFIXES[client] ?? client, paged ?? sent ?? ""),
      ),
  );
}

function iamAction(service: string, operation: string): string {
  return `${service}:${service === "lambda" && operation === "Invoke" ? "InvokeFunction" : operation}`;
}
