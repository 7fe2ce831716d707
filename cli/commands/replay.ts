import type { Command } from "commander";
import { typedCommand } from "../../operator/typed-command.ts";
import { stopsOnce } from "../interrupt.ts";
import { counted } from "../numbers.ts";
import { openProgress } from "../progress.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson } from "../terminal.ts";

type Flags = TargetFlags & { readonly from: string; readonly to?: string; readonly connection?: string };

export function addReplay(program: Command): void {
  const command = program
    .command("replay")
    .description("Send past flag changes to PostHog, from the audit log")
    .command("flag-changes")
    .description("Send the flag changes of a span of time to PostHog again; none counts twice")
    .requiredOption("--from <date>", "2026-01-31 (its midnight in UTC) or 2026-01-31T09:30:00Z")
    .option("--to <date>", "before this time (now)")
    .option("--connection <connection>", "only of this connection; without it of all that sweep");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge replay flag-changes --from 2026-01-01
  npx flagbridge replay flag-changes --from 2026-01-01 --to 2026-01-02 --stage prod`,
    )
    .action(runs(replay));
}

async function replay(flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { replayFlagChanges } = await import("../../operator/replay-flag-changes.ts");
  const { invoke, now, sleep } = target.calls;
  const progress = await openProgress("Reading the audit log", undefined, { nowMs: now });
  const { from, to, connection } = flags;
  const { failed, ...done } = await replayFlagChanges({ from, to, connection }, target, {
    invoke,
    now,
    sleep,
    onProgress: ({ entries, queued, readBackTo }) =>
      progress.update(entries, `${entries} entries, ${queued} queued, back to ${readBackTo}`),
    isStopped: stopsOnce(),
  });
  progress.end("The audit log was read.");
  if (flags.json) printJson(done);
  else {
    const read = counted(done.entries, "entry", "entries");
    print(`read ${read}, queued ${counted(done.queued, "change", "changes")}, in ${done.seconds} s`);
  }
  for (const one of failed)
    note(
      `connection ${one.connection} could not be read (${one.reason}): ${typedCommand("doctor", target.where)} says more`,
    );
  return failed.length === 0 ? 0 : 1;
}
