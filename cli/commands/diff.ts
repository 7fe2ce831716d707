import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { FileKeys } from "../../operator/diff/compare.ts";
import type { Diff, DiffedPlace, DriftedMember } from "../../operator/diff/diff.ts";
import { shownTime } from "../../operator/shown-time.ts";
import type { Target } from "../../operator/target.ts";
import { counted, wholeNumber } from "../numbers.ts";
import { openProgress } from "../progress.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { confirmed, note, print, printJson, styled } from "../terminal.ts";
import { visible } from "../visible.ts";

type Flags = TargetFlags & {
  readonly segment: string;
  readonly connection?: string;
  readonly file?: string;
  readonly keyColumn?: string;
  readonly kind: string;
  readonly sample: number;
  readonly all?: true;
  readonly repair?: true;
  readonly yes?: true;
};

export function addDiff(program: Command): void {
  const command = program
    .command("diff")
    .description("Compare the ledger, or a file, with a segment in LaunchDarkly")
    .requiredOption("--segment <id>", "the segment, as its source names it")
    .option("--connection <name>", "only where this connection writes")
    .option("--file <file>", "the truth: CSV or TSV with a header, or NDJSON; .gz of each; - for stdin")
    .option(
      "--key-column <column>",
      "the file's column with the keys (the only one, key, id, user_id or userId)",
    )
    .option("--kind <kind>", "the context kind of the file's keys", "user")
    .option("--sample <n>", "members that are asked for one by one", wholeNumber("--sample", 1), 200)
    .option("--all", "ask for every member: as fast as LaunchDarkly's limits allow")
    .option("--repair", "send what differs through the queue, after asking")
    .option("--yes", "do not ask");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
List segments are compared whole, in one request. Exit 1 when something differs.

Examples:
  npx flagbridge diff --segment vip
  npx flagbridge diff --segment vip --file members.csv --all --repair --stage prod`,
    )
    .action(runs(diff));
}

/** LaunchDarkly may answer 429 for minutes; a comparison of a million members takes hours anyway. */
const LONGEST_WAIT_MS = 3_600_000;

async function diff(flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  if (flags.repair) announce(target);
  const file = flags.file === undefined ? undefined : await fileOf(flags.file, flags);
  const found = await compared(target, flags, file);
  if (!flags.json) print(shown(found));
  const repaired = flags.repair ? await repair(target, found, flags) : 0;
  const { compared: count, missing, extra, unknown } = found;
  if (flags.json) printJson({ compared: count, missing, extra, unknown, repaired });
  const unread = found.places.filter(({ why }) => why !== undefined);
  if (flags.json) for (const place of unread) note(placeLine(place));
  return missing.length + extra.length + unread.length > 0 ? 1 : 0;
}

async function fileOf(path: string, { keyColumn, kind }: Flags): Promise<FileKeys> {
  const { readFileKeys } = await import("../../operator/diff/file-keys.ts");
  const { keys, refused } = await readFileKeys(path, {
    keyColumn,
    format: undefined,
    stdin: () => process.stdin,
    onColumn: (name) => note(`The keys are read from the column "${name}".`),
  });
  if (refused > 0) note(`${refused} rows of the file have no key, and were left out.`);
  return { kind, keys };
}

async function compared(target: Target, flags: Flags, file: FileKeys | undefined): Promise<Diff> {
  const { diffSegment } = await import("../../operator/diff/diff.ts");
  const { openMembership } = await import("../../lib/launchdarkly/membership/membership.ts");
  const { exportedKeys } = await import("../../operator/membership/exported-keys.ts");
  const { calls } = target;
  const { now, sleep, random, ledger } = calls;
  const progress = await openProgress("Comparing", undefined, { nowMs: now });
  const look = openMembership({
    clientOf: calls.launchdarkly(note),
    exportKeys: exportedKeys,
    patience: {
      now,
      sleep,
      longestWaitMs: LONGEST_WAIT_MS,
      onLimit: (untilMs) =>
        progress.update(0, `waiting for LaunchDarkly's limit until ${shownTime(untilMs)}`),
    },
  });
  const found = await diffSegment(
    {
      segmentId: flags.segment,
      connection: flags.connection,
      howMany: flags.all ? { kind: "all" } : { kind: "sample", size: flags.sample },
      file,
    },
    {
      bundle: target,
      ledger,
      look,
      now,
      random,
      onProgress: (done) => progress.update(done, `${done} members`),
    },
  );
  progress.end(`Compared ${counted(found.compared, "member", "members")}.`);
  return found;
}

async function repair(target: Target, found: Diff, { yes }: Flags): Promise<number> {
  const { missing, extra, places } = found;
  if (missing.length + extra.length === 0) return 0;
  const question = `This adds ${counted(missing.length, "member", "members")} and removes ${extra.length}, through the queue, with today's time.`;
  if (!(await confirmed(question, { yes: yes === true }))) return 0;
  const { repairDrift } = await import("../../operator/diff/repair.ts");
  const { holds, queues, now, sleep } = target.calls;
  const { repaired, problems } = await repairDrift(places, `repair-${randomUUID()}`, {
    bundle: target,
    sendToQueue: queues.sendToQueue,
    holds,
    now,
    sleep,
  });
  for (const problem of problems) note(problem);
  note(
    `In the queue: ${counted(repaired, "operation", "operations")}. Run the command again to see what became of them.`,
  );
  return repaired;
}

/** Of more than these, --json has all. */
const MOST_SHOWN = 20;

function shown({ missing, extra, unknown, places }: Diff): string {
  const lines = [
    ...places.map(placeLine),
    ...listed(
      `missing: ${counted(missing.length, "should be a member, and is not", "should be members, and are not")}`,
      missing,
    ),
    ...listed(
      `extra: ${counted(extra.length, "is a member, and should not be", "are members, and should not be")}`,
      extra,
    ),
  ];
  if (missing.length + extra.length === 0) lines.push("Nothing differs.");
  if (unknown > 0) lines.push(`${unknown} could not be compared, or changed meanwhile.`);
  return lines.join("\n");
}

function placeLine({ place, compared: count, how, why }: DiffedPlace): string {
  const words = { whole: "whole", all: "every known member", sample: "a sample" };
  const read = why === undefined ? "" : `; LaunchDarkly could not be read (${why})`;
  return `${place.environment} (${place.writer}): ${counted(count, "member", "members")} compared, ${words[how]}${read}`;
}

function listed(heading: string, members: readonly DriftedMember[]): string[] {
  if (members.length === 0) return [];
  const side = (has: boolean | null) => (has === null ? "not asked" : has ? "has it" : "does not have it");
  const rows = members
    .slice(0, MOST_SHOWN)
    .map(
      ({ environment, kind, key, ledger, launchdarkly }) =>
        `  ${visible(kind)} ${visible(key)} (${environment}; ledger: ${ledger ?? "nothing"}; LaunchDarkly: ${side(launchdarkly)})`,
    );
  const more =
    members.length > MOST_SHOWN ? [`  … and ${members.length - MOST_SHOWN} more: --json has all`] : [];
  return [styled("bold", heading), ...rows, ...more];
}
