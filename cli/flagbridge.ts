import { Command, CommanderError, Help } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { addBackfill } from "./commands/backfill.ts";
import { addConnections } from "./commands/connections.ts";
import { addConsole } from "./commands/console.ts";
import { addDeadLetters } from "./commands/dead-letters.ts";
import { addDiff } from "./commands/diff.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExplain } from "./commands/explain.ts";
import { addForget } from "./commands/forget.ts";
import { addPause, addResume } from "./commands/pause.ts";
import { addReplay } from "./commands/replay.ts";
import { addSecrets } from "./commands/secrets.ts";
import { addSegments } from "./commands/segments.ts";
import { addSend } from "./commands/send.ts";
import { addStatus } from "./commands/status.ts";
import { exampleFor } from "./example.ts";
import { note, surviveLostReaders } from "./terminal.ts";
import { unknownSubcommand } from "./unknown-subcommand.ts";
import { visibleLines } from "./visible.ts";

/** `npx flagbridge`: what a person does around the bundle. Each command is a file of cli/commands; the work is in operator/. */
const program = new Command("flagbridge")
  .description("Look at, check, load and repair the local stack, or a stage (--stage)")
  .version(packageJson.version)
  // `--help` and `<command> --help` say it all, and its line would be the 25th of the screen.
  .helpCommand(false)
  // Here the name alone leaves room for the description on the same line of 80 columns; the command's own help has the rest.
  .configureHelp({
    subcommandTerm: (command) =>
      command.parent?.parent ? new Help().subcommandTerm(command) : command.name(),
  })
  .showHelpAfterError("(flagbridge --help shows the commands, and flagbridge <command> --help their options)")
  .configureOutput({ writeErr: (text) => process.stderr.write(visibleLines(text)) })
  .exitOverride();

for (const add of [
  addStatus,
  addDoctor,
  addConnections,
  addSend,
  addBackfill,
  addExplain,
  addSegments,
  addDiff,
  addDeadLetters,
  addForget,
  addPause,
  addResume,
  addSecrets,
  addReplay,
  addConsole,
])
  add(program);

/** What somebody typed lacks something: an example says it sooner than the help. */
const INCOMPLETE: ReadonlySet<string> = new Set([
  "commander.missingMandatoryOptionValue",
  "commander.missingArgument",
  "commander.optionMissingArgument",
]);

surviveLostReaders();
try {
  const problem = unknownSubcommand(program, process.argv.slice(2));
  if (problem !== undefined) program.error(problem);
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  const example = INCOMPLETE.has(error.code) ? exampleFor(program, process.argv.slice(2)) : undefined;
  if (example !== undefined) note(`For example: ${example}`);
  // Help and version are answers. Everything else is a command line that cannot be carried out.
  process.exitCode = error.exitCode === 0 || error.code === "commander.help" ? 0 : 2;
}
