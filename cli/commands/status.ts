import type { Command } from "commander";
import type { LetterCalls } from "../../operator/dead-letters/walk.ts";
import { shownTime } from "../../operator/shown-time.ts";
import type { Status } from "../../operator/status.ts";
import type { Target } from "../../operator/target.ts";
import { typedCommand } from "../../operator/typed-command.ts";
import { givingBack, interruptible } from "../give-back.ts";
import { type ExitCode, runs } from "../run.ts";
import { type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { isUnread, print, printJson, startAgain, styled, table } from "../terminal.ts";
import { visible } from "../visible.ts";

const WATCH_EVERY_MS = 2_000;

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("Show what waits, is paused, is dead or rings")
    .option("--watch", "again every two seconds, until Ctrl-C");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge status
  npx flagbridge status --stage prod --json`,
    )
    .action(runs(status));
}

async function status(flags: TargetFlags & { readonly watch?: true }): Promise<ExitCode> {
  const target = await targetOf(flags);
  const letters = givingBack(target.calls.letters, interruptible(flags.watch ? 0 : undefined));
  while (true) {
    const read = await statusOf(target, letters);
    if (flags.json) printJson(read);
    else {
      if (flags.watch) startAgain();
      print(shown(read, target));
    }
    if (!flags.watch || isUnread()) return 0;
    await target.calls.sleep(WATCH_EVERY_MS);
  }
}

async function statusOf(target: Target, letterCalls: LetterCalls): Promise<Status> {
  const { readStatus } = await import("../../operator/status.ts");
  const { readLetters } = await import("../../operator/dead-letters/walk.ts");
  const { LIST_LIMIT } = await import("../../operator/dead-letters/list.ts");
  const { countQueue, eventSources, metrics } = target.calls;
  return readStatus({
    bundle: target,
    countQueue,
    eventSources,
    metrics,
    lettersByReason: async () => {
      const letters = await readLetters(
        {
          bundle: target,
          choice: { queue: undefined, reason: undefined, connection: undefined },
          limit: LIST_LIMIT,
        },
        letterCalls,
      );
      const byReason = Map.groupBy(letters, ({ reason }) => reason);
      return Object.fromEntries([...byReason].map(([reason, own]) => [reason, own.length]));
    },
  });
}

function shown(read: Status, bundle: Target): string {
  const { target, queues, functions, deadLettersByReason, alarms, limits } = read;
  const where =
    target.kind === "local"
      ? `local stack at ${target.url}`
      : `stage ${target.stage}, account ${target.accountId}, region ${target.region}, ${target.url}`;
  const reasons = Object.entries(deadLettersByReason).map(
    ([reason, count]) => `  ${visible(reason)}: ${count}`,
  );
  return [
    styled("bold", where),
    "",
    table(
      [
        ["queue", "waiting", "in flight", "oldest", "dead letters"],
        ...queues.map((queue) => [
          queue.name.slice(bundle.namePrefix.length),
          String(queue.waiting),
          String(queue.inFlight),
          queue.oldestSeconds === null ? "" : `${Math.round(queue.oldestSeconds)} s`,
          String(queue.deadLetters),
        ]),
      ],
      { right: [1, 2, 3, 4] },
    ),
    ...(reasons.length > 0
      ? [
          "",
          styled("red", `Dead letters by reason; ${typedCommand("dead-letters", bundle.where)} has more`),
          ...reasons,
        ]
      : []),
    "",
    table([
      ["function", "state", ...(target.kind === "stage" ? ["errors of the last hour"] : [])],
      ...functions.map(({ name, paused, errors }) => [
        name,
        { true: "paused", false: "running", partly: "some of its queues are paused" }[`${paused}`],
        ...(errors === undefined ? [] : [String(errors)]),
      ]),
    ]),
    ...(limits.length > 0
      ? ["", styled("yellow", "Limits seen in the last quarter of an hour"), ...limits.map(limitLine)]
      : []),
    ...(alarms.length > 0
      ? [
          "",
          styled("red", "Alarms that ring; docs/runbook.md has a section for each"),
          ...alarms.map(({ name, since }) => `  ${name} since ${shownTime(since)}`),
        ]
      : []),
  ].join("\n");
}

function limitLine({ destination, what, count }: Status["limits"][number]): string {
  return what === "answered-429"
    ? `  ${destination}: ${count} requests were answered 429`
    : `  ${destination}: closed for ${count} batches (a refused key, or no answer): the batch lines of the log say why`;
}
