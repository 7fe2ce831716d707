import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { indentedJson } from "../../lib/json.ts";
import type { Choice } from "../../operator/dead-letters/choose.ts";
import { fullLetter } from "../../operator/dead-letters/full-letter.ts";
import type { Letter } from "../../operator/dead-letters/letter.ts";
import type { LetterList } from "../../operator/dead-letters/list.ts";
import { shownTime } from "../../operator/shown-time.ts";
import type { Target } from "../../operator/target.ts";
import { typedCommand } from "../../operator/typed-command.ts";
import { givingBack } from "../give-back.ts";
import { stopsOnce } from "../interrupt.ts";
import { counted, wholeNumber } from "../numbers.ts";
import { openProgress } from "../progress.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { confirmed, note, print, printJson, styled, table } from "../terminal.ts";
import { visible } from "../visible.ts";

type Flags = TargetFlags & {
  readonly queue?: string;
  readonly reason?: string;
  readonly connection?: string;
  readonly limit?: number;
};

export function addDeadLetters(program: Command): void {
  const group = program
    .command("dead-letters")
    .description("What needs a person: list, show, send back or delete it");
  withChoice(
    group
      .command("list", { isDefault: true })
      .description("Dead letters by queue, reason, cause and connection, with the oldest"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge dead-letters
  npx flagbridge dead-letters --reason refused-by-launchdarkly --stage prod`,
    )
    .action(runs(list));
  withChoice(
    group
      .command("show")
      .description("Dead letters in full, context keys included: one, or --limit of them")
      .argument("[id]", "SQS's id of one letter"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge dead-letters show
  npx flagbridge dead-letters show --reason refused-by-launchdarkly --limit 5`,
    )
    .action(runs(show));
  withChoice(
    group
      .command("redrive")
      .description("Send dead letters back to the queues that they came from")
      .option("--rate <n>", "most letters a second (as fast as SQS takes them)", wholeNumber("--rate", 1))
      .option("--yes", "do not ask"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge dead-letters redrive --reason undeliverable
  npx flagbridge dead-letters redrive --queue audience-operations-production --rate 50 --stage prod`,
    )
    .action(runs(redrive));
  withChoice(
    group
      .command("delete")
      .description("Delete dead letters, after a copy in a file of the working folder")
      .option("--yes", "do not ask"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge dead-letters delete --reason too-old
  npx flagbridge dead-letters delete --connection web --yes --stage prod`,
    )
    .action(runs(remove));
}

function withChoice(command: Command): Command {
  return withTargetOptions(
    command
      .option("--queue <queue>", "only of this queue, as status names it")
      .option("--reason <reason>", "only those that died for this reason")
      .option("--connection <connection>", "only those of this connection")
      .option("--limit <n>", "at most so many letters", wholeNumber("--limit", 1)),
  );
}

async function list(flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  const { listLetters, LIST_LIMIT } = await import("../../operator/dead-letters/list.ts");
  const listed = await listLetters(
    { bundle: target, choice: choiceOf(flags), limit: flags.limit },
    givingBack(target.calls.letters),
  );
  if (listed.letters === 0) await checkConnection(flags, target);
  if (flags.json) printJson(listed);
  else print(shownList(listed, target));
  if (listed.letters === (flags.limit ?? LIST_LIMIT))
    note(`There may be more: reading stopped at ${listed.letters}. --limit takes another number.`);
  return 0;
}

function shownList({ letters, groups }: LetterList, { namePrefix }: Target): string {
  if (letters === 0) return "No dead letters.";
  const rows = groups.map((group) => [
    group.queue.slice(namePrefix.length),
    group.reason,
    group.status === null ? "" : String(group.status),
    group.connection,
    String(group.count),
    String(group.items),
    shownTime(group.oldest),
  ]);
  const causes = groups.map(
    ({ reason, cause }) => `${styled("bold", visible(reason))}: ${visible(shortened(cause))}`,
  );
  return [
    table([["queue", "reason", "status", "connection", "letters", "items", "oldest"], ...rows], {
      right: [4, 5],
    }),
    "",
    ...new Set(causes),
  ].join("\n");
}

const SHOWN_CAUSE_CHARACTERS = 300;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > SHOWN_CAUSE_CHARACTERS ? `${line.slice(0, SHOWN_CAUSE_CHARACTERS)}…` : line;
}

async function show(id: string | undefined, flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  const { readLetters } = await import("../../operator/dead-letters/walk.ts");
  const { LIST_LIMIT } = await import("../../operator/dead-letters/list.ts");
  const { OperatorProblem } = await import("../../operator/problem.ts");
  const limit = id === undefined ? (flags.limit ?? 1) : LIST_LIMIT;
  const read = await readLetters(
    { bundle: target, choice: choiceOf(flags), limit },
    givingBack(target.calls.letters),
  );
  const letters = id === undefined ? read : read.filter((letter) => letter.id === id);
  if (read.length === 0) await checkConnection(flags, target);
  if (id !== undefined && letters.length === 0)
    throw new OperatorProblem(
      `There is no dead letter with the id "${id}": ${typedCommand("dead-letters show --limit 10", target.where)} shows some with their ids.`,
    );
  if (flags.json) printJson({ letters: letters.map(fullLetter) });
  else print(letters.length === 0 ? "No dead letters." : letters.map(shownLetter).join("\n\n"));
  return 0;
}

function shownLetter(letter: Letter): string {
  const lines: readonly (readonly [string, string])[] = [
    ["queue", letter.queue.name],
    ["id", letter.id],
    ["reason", letter.reason],
    ["cause", letter.cause.trim()],
    ...(letter.status === undefined ? [] : [["status", String(letter.status)] as const]),
    ["connection", letter.connection],
    ["dead since", shownTime(letter.deadSinceMs)],
    ...Object.entries(letter.attributes)
      .filter(([name]) => /At$|messageId/.test(name))
      .map(([name, text]) => [name, shownTime(text)] as const),
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return [
    ...lines.map(([name, text]) => `${styled("bold", visible(name).padEnd(width))}  ${visible(text)}`),
    indentedJson(letter.body),
  ].join("\n");
}

async function redrive(flags: Flags & { readonly rate?: number }): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { redriveLetters } = await import("../../operator/dead-letters/redrive.ts");
  const { queues, now, sleep } = target.calls;
  const progress = await openProgress("Sending back", undefined, { nowMs: now });
  const done = await redriveLetters(
    {
      bundle: target,
      choice: choiceOf(flags),
      limit: flags.limit,
      perSecond: flags.rate,
      onProgress: (sent) => progress.update(sent, `${sent} letters`),
      isStopped: stopsOnce(),
    },
    { ...target.calls.letters, sendToQueue: queues.sendToQueue, sleep },
  );
  progress.end(`Back in their queues: ${counted(done.sent, "letter", "letters")}.`);
  if (done.sent + done.left === 0) await checkConnection(flags, target);
  if (flags.json) printJson({ sent: done.sent, left: done.left });
  else print(`sent ${done.sent}, left ${done.left}`);
  if (done.left === 0) return 0;
  note(
    `SQS did not take ${done.left} of them (${Object.keys(done.codes).join(", ")}): run the command again.`,
  );
  return 1;
}

async function remove(flags: Flags & { readonly yes?: true }): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { deleteCountedLetters } = await import("../../operator/dead-letters/delete.ts");
  const { LIST_LIMIT } = await import("../../operator/dead-letters/list.ts");
  const file = join(process.cwd(), `dead-letters-${new Date().toISOString().replaceAll(":", "-")}.ndjson`);
  let copy: FileHandle | undefined;
  const asked = {
    bundle: target,
    choice: choiceOf(flags),
    limit: flags.limit,
    isStopped: stopsOnce(),
    confirm: ({ letters, items }: { readonly letters: number; readonly items: number }) =>
      confirmed(
        `This deletes ${counted(letters, "dead letter", "dead letters")} with ${counted(items, "item", "items")} for good, after a copy in ${file}.`,
        { yes: flags.yes === true },
      ),
    keep: async (some: readonly Letter[]) => {
      copy ??= await open(file, "wx", 0o600);
      await copy.appendFile(some.map((letter) => `${JSON.stringify(fullLetter(letter))}\n`).join(""));
      await copy.sync();
    },
  };
  const done = await deleteCountedLetters(asked, target.calls.letters).finally(() => copy?.close());
  switch (done.kind) {
    case "none":
      await checkConnection(flags, target);
      if (flags.json) printJson({ deleted: 0, left: 0, file: null });
      else print("No dead letters.");
      return 0;
    case "declined":
      if (flags.json) printJson({ deleted: 0, left: done.letters, file: null });
      else print("Nothing was deleted.");
      return 1;
    case "deleted": {
      const { deleted, left } = done;
      const isCopied = deleted + left > 0;
      if (flags.json) printJson({ deleted, left, file: isCopied ? file : null });
      else print(`deleted ${deleted}, left ${left}${isCopied ? `; their copy is ${file}` : ""}`);
      if (flags.limit === undefined && deleted + left >= LIST_LIMIT)
        note("There may be more: run the command again.");
      return left === 0 ? 0 : 1;
    }
  }
}

/**
 * No letter has this connection: perhaps because no connection is called so. One that connections.yml has no more may have letters.
 * @throws {OperatorProblem} with the nearest right name
 */
async function checkConnection({ connection }: Flags, { connections }: Target): Promise<void> {
  const known = Object.keys(connections.connections);
  if (connection === undefined || known.includes(connection)) return;
  const { misspelt } = await import("../../operator/misspelt.ts");
  const { OperatorProblem } = await import("../../operator/problem.ts");
  const expected = "a connection of connections.yml or of a dead letter";
  throw new OperatorProblem(misspelt("--connection", connection, known, expected));
}

function choiceOf({ queue, reason, connection }: Flags): Choice {
  return { queue, reason, connection };
}
