import type { Command } from "commander";
import type { CheckLine } from "../../operator/doctor/check.ts";
import packageJson from "../../package.json" with { type: "json" };
import { openProgress } from "../progress.ts";
import { runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { print, printJson, styled } from "../terminal.ts";

type Flags = TargetFlags & { readonly write?: true };

export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description("Prove secrets, tokens, rights, metrics, webhooks and queues")
    .option(
      "--write",
      "also add a throw-away context to a throw-away segment, read it back, and remove both",
    );
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Without --write nothing is changed anywhere. Exit code 1: a check failed.

Examples:
  npx flagbridge doctor
  npx flagbridge doctor --write --stage prod`,
    )
    .action(runs(examine));
}

async function examine(flags: Flags): Promise<0 | 1> {
  const target = await targetOf(flags);
  if (flags.write) announce(target);
  const [{ openDoctor }, { describeFailure }] = await Promise.all([
    import("../../operator/doctor/doctor.ts"),
    import("../../operator/failure.ts"),
  ]);
  const { region } = target.where;
  const doctor = await openDoctor(
    target,
    { mode: flags.write ? "write" : "read", version: packageJson.version },
    { ...target.calls, describe: (error) => describeFailure(error, { region, profile: flags.profile }) },
  );
  const progress = await openProgress("Checks", doctor.checks, { nowMs: target.calls.now });
  const { checks, failed } = await doctor.run((done, title) =>
    progress.update(done, `${done} of ${doctor.checks}, ${title}`),
  );
  progress.end(`${doctor.checks} checks are done`);
  if (flags.json) printJson({ checks, failed });
  else print(shown(checks));
  return failed > 0 ? 1 : 0;
}

const SIGNS = {
  ok: ["✓", "green"],
  warning: ["!", "yellow"],
  failed: ["✗", "red"],
  skipped: ["–", "dim"],
} as const satisfies Record<CheckLine["status"], readonly [string, "green" | "yellow" | "red" | "dim"]>;

/** By subject; under a line what to do about it. */
function shown(checks: readonly CheckLine[]): string {
  const subjects = [...new Set(checks.map(({ subject }) => subject))];
  const groups = subjects.map((subject) =>
    [styled("bold", subject), ...checks.filter((check) => check.subject === subject).flatMap(shownLine)].join(
      "\n",
    ),
  );
  return [...groups, summary(checks)].join("\n\n");
}

function shownLine({ status, found, fix }: CheckLine): string[] {
  const [sign, color] = SIGNS[status];
  return [`  ${styled(color, sign)} ${found}`, ...(fix === "" ? [] : [`      ${styled("dim", "→")} ${fix}`])];
}

function summary(checks: readonly CheckLine[]): string {
  const count = (status: CheckLine["status"]): number => checks.filter((one) => one.status === status).length;
  const parts = [
    `${count("ok")} ok`,
    `${count("warning")} to know`,
    `${count("failed")} failed`,
    `${count("skipped")} not checked`,
  ];
  return parts.join(", ");
}
