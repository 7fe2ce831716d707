import { Command } from "commander";
import { expect, test } from "vitest";
import { exampleFor } from "./example.ts";

const program = new Command("flagbridge");
program
  .command("explain")
  .requiredOption("--segment <id>")
  .addHelpText(
    "after",
    "\nExamples:\n  npx flagbridge explain --segment vip\n  npx flagbridge explain --json",
  );
const secrets = program.command("secrets").addHelpText("after", "\nExamples:\n  npx flagbridge secrets");
secrets
  .command("set")
  .argument("<name>")
  .addHelpText("after", "\nExamples:\n  npx flagbridge secrets set shop --file shop.json");

test.each([
  [["explain", "--key", "user-1"], "npx flagbridge explain --segment vip"],
  [["secrets", "set"], "npx flagbridge secrets set shop --file shop.json"],
  [["secrets"], "npx flagbridge secrets"],
  [["--json"], undefined],
])("%j has the first example of its command", (words, example) => {
  expect(exampleFor(program, words)).toBe(example);
});
