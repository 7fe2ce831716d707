import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { ForgetPlan, ForgetPorts, ForgetReport } from "../../operator/forget/forget.ts";
import { shownTime } from "../../operator/shown-time.ts";
import type { Target } from "../../operator/target.ts";
import { typedCommand } from "../../operator/typed-command.ts";
import { stopsOnce } from "../interrupt.ts";
import { wholeNumber } from "../numbers.ts";
import { openProgress } from "../progress.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { confirmed, note, print, printJson } from "../terminal.ts";
import { visible } from "../visible.ts";
import { openScan } from "./segments.ts";

type Flags = TargetFlags & {
  readonly key: string;
  readonly kind: string;
  readonly wait: number;
  readonly deleteRemovals?: true;
  readonly yes?: true;
};

export function addForget(program: Command): void {
  const command = program
    .command("forget")
    .description("Take a person out of every segment, queue and dead letter")
    .requiredOption("--key <key>", "the context key")
    .option("--kind <kind>", "the context kind", "user")
    .option(
      "--wait <seconds>",
      "how long to wait for functions and for LaunchDarkly",
      wholeNumber("--wait", 0),
      900,
    )
    .option("--delete-removals", "then delete the ledger's removals too, which keep older operations out")
    .option("--yes", "do not ask");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Stop the source first, or its next sync adds the person again. Exit 1 when LaunchDarkly is not proven to be without the person.

Examples:
  npx flagbridge forget --key user-1
  npx flagbridge forget --key user-1 --stage prod --yes --json`,
    )
    .action(runs(forgetPerson));
}

/** LaunchDarkly's limits end within seconds, and a person who waits for an erasure waits for those. */
const LONGEST_LIMIT_MS = 900_000;

async function forgetPerson(flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { forget, isNothingToDo, planForget } = await import("../../operator/forget/forget.ts");
  const { BACKUP_MS, ENTRY_MS } = await import("../../lib/erasure/kept.ts");
  const { calls } = target;
  const scan = await openScan(target);
  const ports = await portsOf(target, scan.onProgress);
  const plan = await planForget({ kind: flags.kind, key: flags.key }, ports);
  scan.end();
  const mayGoOn = isNothingToDo(plan) || (await confirmed(question(plan), { yes: flags.yes === true }));
  if (!mayGoOn) {
    if (flags.json) printJson({ removed: [], deadLetters: 0, pending: 0, confirmed: false });
    else print("Nothing was removed.");
    return 1;
  }
  const progress = await openProgress("Waiting for LaunchDarkly", plan.toRemove.length, { nowMs: calls.now });
  const report = await forget(
    plan,
    {
      runId: randomUUID(),
      untilMs: calls.now() + (await waitMs(target, flags)),
      onProgress: (done, total) => progress.update(done, `${done} of ${total} removals are acknowledged`),
      isStopped: stopsOnce(),
      deletesEntries: flags.deleteRemovals ? "yes" : "no",
      entryMs: ENTRY_MS,
      backupMs: BACKUP_MS,
      onInHand: (longestMs) =>
        note(
          `Functions have messages in their hands that may name the person: waiting for them, ${Math.ceil(longestMs / 60_000)} minutes at most.`,
        ),
    },
    ports,
  );
  progress.end(`${report.removed.length} of ${plan.memberIn.length} memberships are over.`);
  const { removed, deadLetters, pending, confirmed: isConfirmed, problems } = report;
  if (flags.json) printJson({ removed, deadLetters, pending, confirmed: isConfirmed });
  else print(shown(report));
  for (const problem of problems) note(problem);
  return problems.length === 0 ? 0 : 1;
}

async function portsOf(target: Target, onRead: ForgetPorts["onRead"]): Promise<ForgetPorts> {
  const { openMembership } = await import("../../lib/launchdarkly/membership/membership.ts");
  const { openEnvironmentMembers } = await import("../../lib/launchdarkly/membership/environment-members.ts");
  const { calls } = target;
  const { now, sleep, ledger, holds, queues, letters, countQueue } = calls;
  const asked = {
    clientOf: calls.launchdarkly(note),
    patience: {
      now,
      sleep,
      longestWaitMs: LONGEST_LIMIT_MS,
      onLimit: (untilMs: number) =>
        note(`LaunchDarkly limits requests until ${shownTime(untilMs)}: waiting.`),
    },
  };
  return {
    bundle: target,
    connections: target.connections,
    ledger,
    holds,
    look: openMembership(asked),
    askEnvironment: openEnvironmentMembers(asked),
    letterCalls: letters,
    sendToQueue: queues.sendToQueue,
    countQueue,
    onRead,
    now,
    sleep,
  };
}

/** Nothing is waited for that a paused function would have to do. */
async function waitMs(target: Target, { wait }: Flags): Promise<number> {
  const { functionStates } = await import("../../operator/pause.ts");
  const states = await functionStates(target, target.calls.eventSources);
  const isPaused = states.some(({ name, paused }) => name === "audience-batcher" && paused === true);
  if (isPaused)
    note(
      `audience-batcher is paused: the removals wait in their queues until ${typedCommand("resume", target.where)}, and this does not.`,
    );
  return isPaused ? 0 : wait * 1_000;
}

function question({ person, memberIn, toRemove, deadLetters, waiting, found }: ForgetPlan): string {
  const where = memberIn.map(
    ({ place }) => `  ${visible(place.segment.id)} of ${place.environment} (${place.writer})`,
  );
  const others = toRemove.length - memberIn.length;
  return [
    `${visible(person.kind)} ${visible(person.key)} is in ${memberIn.length} of ${found.segments.length} segments:`,
    ...where,
    ...(others > 0 ? [`${others} older removals are sent again with today's time.`] : []),
    `${deadLetters} dead letters and ${waiting} waiting messages are deleted, or go on with the others that they name.`,
  ].join("\n");
}

function shown(report: ForgetReport): string {
  const { removed, deadLetters, pending, confirmed: isConfirmed, entries, deletedEntries } = report;
  return [
    ...removed.map(
      ({ environment, writer, segment }) => `removed from ${visible(segment)} of ${environment} (${writer})`,
    ),
    ...(removed.length === 0 ? ["removed from no segment"] : []),
    `dead letters that named the person: ${deadLetters}; waiting messages: ${pending}`,
    isConfirmed
      ? "LaunchDarkly was read back: the person is in no segment that the ledger knows."
      : "LaunchDarkly is NOT proven to be without the person: see below, and run the command again.",
    "",
    "What is left, and what this command cannot reach:",
    ...entryLines(entries, deletedEntries, report),
    `- backups of the ledger (point-in-time recovery): until ${dayOf(report.backupsUntilMs)}`,
    "- what LaunchDarkly itself knows of the context, and the events it was sent: Contexts in its console, or its API",
    "- PostHog's person, if the same person changed flags: delete it in PostHog",
    "- the source, which adds the person again with its next sync unless it forgets too",
  ].join("\n");
}

function entryLines(
  entries: number,
  deletedEntries: number,
  { keptUntilMs }: Pick<ForgetReport, "keptUntilMs">,
): string[] {
  const deleted = deletedEntries > 0 ? [`- ${deletedEntries} removals were deleted from the ledger`] : [];
  if (entries === 0) return deleted;
  return [
    ...deleted,
    `- removals in the ledger, which keep older operations out: ${entries}, until ${dayOf(keptUntilMs)}, or at once with --delete-removals`,
    "  (safe when no source and no queue holds older operations any more)",
  ];
}

function dayOf(ms: number): string {
  return shownTime(ms).slice(0, 10);
}
