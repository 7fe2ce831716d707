import type { Command } from "commander";
import { misspelt } from "../operator/misspelt.ts";

/**
 * What is wrong with the second word of a command line, where the first names a group that does something without a second word
 * too, as `secrets` and `dead-letters` do: the parser would only count it as one word too many.
 */
export function unknownSubcommand(program: Command, words: readonly string[]): string | undefined {
  const [name, word] = words;
  const group = program.commands.find((command) => command.name() === name);
  if (!group || word === undefined || word.startsWith("-")) return undefined;
  const known = group.commands.map((command) => command.name());
  if (known.length === 0 || word === "help" || known.includes(word)) return undefined;
  return `error: ${misspelt(group.name(), word, known, "a command")}`;
}
