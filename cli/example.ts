import type { Command } from "commander";

/** The first example in the help of the command that these words call; undefined where they call none. */
export function exampleFor(program: Command, words: readonly string[]): string | undefined {
  const command = calledBy(program, words);
  if (command === program) return undefined;
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return /^ +(npx flagbridge .+)$/m.exec(help.slice(help.indexOf("Examples:")))?.[1];
}

function calledBy(command: Command, [word, ...rest]: readonly string[]): Command {
  const next = command.commands.find((one) => one.name() === word);
  return next ? calledBy(next, rest) : command;
}
