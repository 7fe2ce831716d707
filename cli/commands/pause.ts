import type { Command } from "commander";
import type { FunctionState } from "../../operator/pause.ts";
import { shownTime } from "../../operator/shown-time.ts";
import { typedCommand } from "../../operator/typed-command.ts";
import { runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson, table } from "../terminal.ts";

type Flags = TargetFlags & { readonly destination?: string };

export function addPause(program: Command): void {
  const command = program
    .command("pause")
    .description("Stop functions from reading their queues, which keep all")
    .argument(
      "[functions...]",
      "audience-batcher, metric-forwarder, posthog-forwarder, eraser; without a name all",
    )
    .option("--destination <name>", "only the queues of this destination of connections.yml");
  withTargetOptions(command)
    .addHelpText("after", examples("pause"))
    .action(runs((functions: string[], flags: Flags) => change(true, functions, flags)));
}

export function addResume(program: Command): void {
  const command = program
    .command("resume")
    .description("Let functions read their queues again")
    .argument("[functions...]", "those that pause names; without a name all")
    .option("--destination <name>", "only the queues of this destination of connections.yml");
  withTargetOptions(command)
    .addHelpText("after", examples("resume"))
    .action(runs((functions: string[], flags: Flags) => change(false, functions, flags)));
}

function examples(name: string): string {
  return `
Examples:
  npx flagbridge ${name}
  npx flagbridge ${name} audience-batcher --destination production --stage prod`;
}

async function change(isPaused: boolean, functions: readonly string[], flags: Flags): Promise<0> {
  const target = await targetOf(flags);
  announce(target);
  const { RETENTION_MS, setPaused } = await import("../../operator/pause.ts");
  const wanted = { functions, destination: flags.destination };
  const states = await setPaused(isPaused, wanted, {
    bundle: target,
    eventSources: target.calls.eventSources,
    sleep: target.calls.sleep,
  });
  if (flags.json) printJson({ functions: states });
  else print(shown(states));
  if (isPaused)
    note(
      `The queues keep messages for 14 days: those that come now are lost after ${shownTime(Date.now() + RETENTION_MS)}, ` +
        `those that wait already sooner. ${typedCommand("resume", target.where)} lets them go on.`,
    );
  return 0;
}

function shown(states: readonly FunctionState[]): string {
  const word = { true: "paused", false: "running", partly: "some of its queues are paused" };
  return table([["function", "state"], ...states.map(({ name, paused }) => [name, word[`${paused}`]])]);
}
