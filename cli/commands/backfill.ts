import { hash } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { BackfillEnd, BackfillProgress, StopReason } from "../../operator/backfill/outcome.ts";
import type { BackfillSettings } from "../../operator/backfill/settings.ts";
import type { Target } from "../../operator/target.ts";
import { type MirrorRun, newHashKeys, openMirror, sendPorts } from "../backfill-mirror.ts";
import { commandLine, optionWords } from "../command-line.ts";
import { stopsOnce } from "../interrupt.ts";
import { counted, wholeNumber } from "../numbers.ts";
import { openProgress } from "../progress.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson } from "../terminal.ts";

type Flags = TargetFlags & {
  readonly connection: string;
  readonly segment: string;
  readonly name?: string;
  readonly kind?: string;
  readonly keyColumn?: string;
  readonly action: "add" | "remove";
  readonly at?: string;
  readonly fromLine: number;
  readonly format?: "csv" | "tsv" | "ndjson";
  readonly dryRun?: true;
  readonly mirror?: true;
  readonly allowRemoving?: number;
  readonly yes?: true;
};

export function addBackfill(program: Command): void {
  const command = program
    .command("backfill")
    .description("Fill a segment from a file of any size, or mirror the file")
    .argument("<file>", "CSV or TSV with a header, or NDJSON; .gz of each; - for standard input")
    .requiredOption("--connection <connection>", "whose destinations get the members")
    .requiredOption("--segment <id>", "the segment's id, as the connection's source names it")
    .option("--name <name>", "the segment's name, where it is still to be made (its id)")
    .option("--kind <kind>", "context kind of the keys (the connection's)")
    .option("--key-column <column>", "the column with the keys (the only one, key, id, user_id or userId)")
    .addOption(
      new Option("--action <action>", "what becomes of the members")
        .choices(["add", "remove"])
        .default("add"),
    )
    .option("--at <time>", "when the export was taken, ISO 8601: what changed after it wins (now)")
    .option("--from-line <n>", "go on from this line of the file", wholeNumber("--from-line", 1), 1)
    .addOption(
      new Option("--format <format>", "how the file is written (by its name, else its look)").choices([
        "csv",
        "tsv",
        "ndjson",
      ]),
    )
    .option("--dry-run", "read and check everything, and send nothing")
    .option("--mirror", "the file is the whole segment: members that it lacks are removed, after asking")
    .option("--allow-removing <percent>", "with --mirror, of the members (20)", percent)
    .option("--yes", "do not ask");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge backfill members.csv --connection web --segment vip --at 2026-05-03T09:00:00Z
  npx flagbridge backfill everybody.csv.gz --connection web --segment vip --mirror --stage prod`,
    )
    .action(runs(backfillFile));
}

async function backfillFile(file: string, flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { settingsOf } = await import("../../operator/backfill/settings.ts");
  const settings = settingsOf(flags, { connections: target.connections, nowMs: target.calls.now() });
  const isStopped = stopsOnce();
  const given: Given = { file, flags, settings, target, isStopped };
  const mirror = flags.mirror ? await openMirror(given) : undefined;
  const end = await run(given, mirror);
  const { OperatorProblem } = await import("../../operator/problem.ts");
  const messages = await mirrored(end, mirror).catch((error: unknown) => {
    // What the adds did is the answer; why nothing was removed follows.
    finish(end, { file, flags, removalMessages: 0 });
    throw error;
  });
  finish(end, { file, flags, removalMessages: messages });
  if (end.kind === "stopped") throw new OperatorProblem(await stoppedMessage(end, given));
  return end.refusals.count > 0 ? 1 : 0;
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 100) return value;
  throw new InvalidArgumentError("expected a number from 0 to 100.");
}

type Given = {
  readonly file: string;
  readonly flags: Flags;
  readonly settings: BackfillSettings;
  readonly target: Target;
  readonly isStopped: () => boolean;
};

/** The messages that removed the others: 0 without --mirror, and when the file was not read to its end. */
async function mirrored(end: BackfillEnd, mirror: MirrorRun | undefined): Promise<number> {
  return mirror && end.kind === "done" ? mirror.finish(end) : 0;
}

function finish(
  end: BackfillEnd,
  {
    file,
    flags,
    removalMessages,
  }: { readonly file: string; readonly flags: Flags; readonly removalMessages: number },
): void {
  const result = { ...end.result, messages: end.result.messages + removalMessages };
  if (flags.json) printJson(result);
  else print(shown({ ...end, result }, refusedPath(file)));
}

async function run(
  { file, flags, settings, target, isStopped }: Given,
  mirror: MirrorRun | undefined,
): Promise<BackfillEnd> {
  const { backfill } = await import("../../operator/backfill/backfill.ts");
  const { openInput } = await import("../../operator/backfill/input.ts");
  const { refusedFile } = await import("../../operator/backfill/refused-file.ts");
  const { now } = target.calls;
  const ports = await sendPorts({ settings, target, isStopped });
  const input = await openInput(file, () => process.stdin);
  const startedMs = now();
  const progress = await openProgress(flags.dryRun ? "Reading" : "Sending", input.totalBytes, { nowMs: now });
  try {
    const end = await backfill(
      {
        input,
        settings,
        options: {
          fromLine: flags.fromLine,
          dryRun: flags.dryRun === true,
          format: flags.format,
          keyColumn: flags.keyColumn,
          onColumn: (name) =>
            note(`The keys are read from the column "${name}", as of ${iso(settings.atMs)}.`),
        },
      },
      {
        ...ports,
        ...mirror?.ports,
        refusedFile: refusedFile(refusedPath(file), { goesOn: flags.fromLine > 1 ? "yes" : "no" }),
        hashKeys: mirror?.hashKeys ?? (await newHashKeys()),
        digest: (text) => hash("sha256", text),
        onProgress: (at) =>
          progress.update(at.bytesRead, progressText(at, input.totalBytes, now() - startedMs)),
      },
    );
    progress.end(`${counted(end.result.rows, "row was", "rows were")} read.`);
    return end;
  } finally {
    await input.close();
  }
}

function refusedPath(file: string): string {
  return file === "-" ? "stdin.refused.csv" : `${file}.refused.csv`;
}

function progressText(
  { rows, refused, bytesRead, confirmedBefore }: BackfillProgress,
  totalBytes: number | undefined,
  ms: number,
): string {
  const seconds = Math.max(ms, 1) / 1_000;
  const rate = `${rows} rows, ${Math.round(rows / seconds)} a second, ${refused} refused, all before line ${confirmedBefore} queued`;
  if (totalBytes === undefined || bytesRead === 0) return rate;
  const left = Math.round((seconds / bytesRead) * (totalBytes - bytesRead));
  return `${rate}, ${left} s left`;
}

const SHOWN_REFUSALS = 20;

function shown({ result, refusals }: BackfillEnd, refusedFile: string): string {
  const { rows, sent, duplicates, refused, messages, seconds } = result;
  const lines = refused
    .slice(0, SHOWN_REFUSALS)
    .map(({ line, code, message }) => `  line ${line}: ${message} (${code})`);
  const more = refusals.count - lines.length;
  return [
    `rows ${rows}, sent ${sent}, duplicates ${duplicates}, refused ${refusals.count}, messages ${messages}, seconds ${seconds}`,
    ...(refusals.count > 0 ? [`Refused rows are in ${refusedFile}:`, ...lines] : []),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join("\n");
}

async function stoppedMessage(
  { why, goOnFrom }: Extract<BackfillEnd, { kind: "stopped" }>,
  { file, flags, settings }: Given,
): Promise<string> {
  const reason = await reasonText(why, flags);
  if (goOnFrom === undefined) return reason;
  const command = goOnCommand(file, flags, { at: iso(settings.atMs), fromLine: goOnFrom });
  return `${reason}\nEverything before line ${goOnFrom} is in the queue. To go on from there:\n  ${command}`;
}

async function reasonText(why: StopReason, { region, profile }: Flags): Promise<string> {
  switch (why.kind) {
    case "interrupted":
      return "Stopped.";
    case "changed":
    case "fault":
      return why.message;
    case "not-queued": {
      const { describeFailure } = await import("../../operator/failure.ts");
      const { queue, code } = why.failure;
      const error = Object.assign(new Error(`SQS did not take everything for ${queue}`), { name: code });
      return describeFailure(error, { region, profile });
    }
  }
}

/** The same command again, but as of the same time: then it repeats nothing that would change anything. */
function goOnCommand(file: string, flags: Flags, { at, fromLine }: { at: string; fromLine: number }): string {
  const { connection, segment, name, kind, keyColumn, action, format } = flags;
  const { stage, region, profile, url, connections } = flags;
  const own = {
    connection,
    segment,
    name,
    kind,
    "key-column": keyColumn,
    action: action === "add" ? undefined : action,
  };
  const where = { stage, region, profile, url, connections };
  const mirror = { mirror: flags.mirror, "allow-removing": flags.allowRemoving };
  const options = optionWords({ ...own, at, "from-line": fromLine, format, ...mirror, ...where });
  return commandLine(["npx", "flagbridge", "backfill", file, ...options]);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
