import { Command } from "commander";
import { expect, test } from "vitest";
import { unknownSubcommand } from "./unknown-subcommand.ts";

const program = new Command("flagbridge");
program.command("status");
const group = program.command("dead-letters");
for (const name of ["list", "show", "redrive", "delete"]) group.command(name);

test.each([
  [["dead-letters", "shwo"], 'did you mean "show"?'],
  [["dead-letters", "redrvie", "--reason", "too-old"], 'did you mean "redrive"?'],
  [["dead-letters", "purge"], "there are: list, show, redrive, delete"],
])("of %j the nearest command is named, or all of them", (words, hint) => {
  expect(unknownSubcommand(program, words)).toContain(hint);
});

test.each([
  [["dead-letters"]],
  [["dead-letters", "--json"]],
  [["dead-letters", "show", "an-id"]],
  [["status", "x"]],
  [["dead-letters", "help"]],
  [[]],
])("%j is left to the parser", (words) => {
  expect(unknownSubcommand(program, words)).toBeUndefined();
});
