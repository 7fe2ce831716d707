import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type CommandRunner, commandRunner } from "../support/documented-commands.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

/** Every example of docs/commands.md, run in the order of the page: each prints what the page says. */

const page = readFileSync(join(import.meta.dirname, "../../docs/commands.md"), "utf8");

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patiently = { timeout: 60_000, interval: 200 };

let stack: StackProcess;
let commands: CommandRunner;
beforeAll(async () => {
  stack = await startStackProcess(["--batch-window", "0", "--quiet"]);
  commands = commandRunner(stack, KEYS);
});
afterAll(async () => {
  commands?.remove();
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

test("every command has an example", () => {
  expect(examples.length).toBeGreaterThanOrEqual(12);
  expect(examples.filter(({ output }) => output === undefined).map(({ script }) => script)).toEqual([
    expect.stringContaining("curl -X POST"),
  ]);
});

test.each(examples.map((example) => [example.heading, example.script.split("\n")[0], example] as const))(
  "%s: %s prints what the page says",
  async (_, __, { script, output }) => {
    const run = async () => {
      const printed = await commands.run(script);
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
