import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type CommandRunner, commandRunner } from "../support/documented-commands.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

/** What the two READMEs say under "Try it", run line by line: each command answers what the comment behind it says. */

const root = join(import.meta.dirname, "../..");

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000 });
const patiently = { timeout: 60_000, interval: 500 };

let stack: StackProcess;
let commands: CommandRunner;

afterEach(async () => {
  commands.remove();
  await stack.stop();
});

type Step = { readonly command: string; readonly expected: string };

/** Each command of the section with what is to be expected of it; waiting is left to the test. */
function stepsOf(page: string, begin: string, end: string): readonly Step[] {
  const text = readFileSync(join(root, page), "utf8");
  const section = text.slice(text.indexOf(begin), text.indexOf(end));
  const blocks = [...section.matchAll(/```(?:sh)?\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  return blocks
    .filter((block) => block.includes("curl "))
    .join("\n")
    .split(/^(?=curl )/m)
    .filter((step) => step.startsWith("curl "))
    .map((step) => {
      const [command = "", after = ""] = step.split(/^# /m);
      return { command, expected: after.split("\n")[0] ?? "" };
    });
}

/** `…` stands for anything. */
function patternOf(expected: string): RegExp {
  const parts = expected.split("…").map((part) => part.replaceAll(/[^\w\s]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}\n$`);
}

describe.each([
  ["README.md", "## Try it", "## Package"],
  ["dev/README.md", "Try it.", "**Connections and secrets**"],
])("what %s says to try", (page, begin, end) => {
  test("answers what it says", async () => {
    stack = await startStackProcess();
    commands = commandRunner(stack);
    // The SDK's half of the first block: its own test is test/e2e/metrics.test.ts.
    if (page === "README.md") await asTheSdkSends();
    const steps = stepsOf(page, begin, end);

    expect(steps.length).toBeGreaterThanOrEqual(5);
    for (const { command, expected } of steps) {
      expect(expected, command).not.toBe("");
      const isRead = !command.includes("-d ") && !command.includes("-X ");
      const run = () => commands.run(command);
      if (isRead) await expect.poll(run, patiently).toMatch(patternOf(expected));
      else expect(await run()).toMatch(patternOf(expected));
    }
  });
});

async function asTheSdkSends(): Promise<void> {
  const personas = { computation_class: "audience", computation_id: "aud_vip", computation_key: "vip" };
  const batch = [
    { type: "identify", userId: "ana", traits: { vip: true }, context: { personas } },
    { type: "track", userId: "ana", event: "Order Completed", properties: { revenue: 12.5 } },
  ];
  const answer = await fetch(`${stack.url}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from("dev-write-key:").toString("base64")}` },
    body: JSON.stringify({ batch }),
  });
  expect(answer.status).toBe(200);
}
