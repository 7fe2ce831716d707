import { OperatorProblem } from "../problem.ts";
import type { Input } from "./input.ts";
import { openRows, type RowOptions } from "./open-rows.ts";
import { type RowMeaning, rowReader } from "./operations.ts";
import type { BackfillEnd, BackfillProgress, BackfillResult, Refusals, StopReason } from "./outcome.ts";
import { MAX_LISTED_REFUSED } from "./outcome.ts";
import type { RefusedFile } from "./refused-file.ts";
import { type RefusedRow, type Row, refused } from "./row.ts";
import { type HashKeys, openRecentTexts, type SeenTexts } from "./seen-texts.ts";
import { openSender, type SenderPorts } from "./sender.ts";
import type { BackfillSettings } from "./settings.ts";
import { UnreadableFileError } from "./unreadable-file.ts";

/** How many different rows before it a row is compared with at least; at most twice as many, which take 25 MB. */
export const DUPLICATES_WINDOW = 1_000_000;

export type BackfillOptions = RowOptions & {
  /** Rows that begin before this line were sent by an earlier run. */
  readonly fromLine: number;
  /** Reads and checks everything, and sends nothing. */
  readonly dryRun: boolean;
};

export type BackfillPorts = Omit<SenderPorts, "isStopped"> & {
  readonly isStopped: () => boolean;
  readonly refusedFile: RefusedFile;
  readonly hashKeys: HashKeys;
  /** SHA-256, in hex. */
  readonly digest: (text: string) => string;
  readonly onProgress: (progress: BackfillProgress) => void;
  /** Is told of every key that the file has, also of rows that an earlier run sent: for `--mirror`. */
  readonly members?: SeenTexts | undefined;
  /** Is waited for after each read. */
  readonly afterRead?: (() => Promise<void>) | undefined;
};

/** How often the file on disk is compared with the one that was opened. */
const LOOK_EVERY_MS = 1_000;

/**
 * Sends every row of a file into the queues of a connection's destinations, as one operation each. Memory does not grow with the file.
 * Nothing that stops it loses anything: going on from the line that it names, or from the beginning, with the same `--at` repeats
 * only operations that are in the queue or the ledger already.
 *
 * @throws {OperatorProblem} when the file has no row, or cannot be understood from its first row on: nothing was sent then
 */
export async function backfill(
  {
    input,
    settings,
    options,
  }: { readonly input: Input; readonly settings: BackfillSettings; readonly options: BackfillOptions },
  ports: BackfillPorts,
): Promise<BackfillEnd> {
  const { now, isStopped, refusedFile, members } = ports;
  const startedMs = now();
  const opened = await openRows(input, options).catch(asProblem);
  const runId = runIdOf(settings, opened.head, ports.digest);
  const read = rowReader(settings, { runId, digest: ports.digest });
  const seen = openRecentTexts(ports.hashKeys, DUPLICATES_WINDOW);
  const { connectionName: connection, acceptedAtMs: acceptedAt, queues } = settings;
  const sender = openSender({ connection, acceptedAt, queues }, ports);
  const listed: RefusedRow[] = [];
  let refusals: Refusals = { count: 0, somebody: 0 };
  let rows = 0;
  let skipped = 0;
  let duplicates = 0;
  let lastLine = Math.max(options.fromLine - 1, 1);
  let lookedMs = startedMs;
  let why: StopReason | undefined;
  /** Where the refused rows begin that the file of them lacks: whoever goes on from there gets them again. */
  let unwrittenFrom: number | undefined;

  const progress = (): BackfillProgress => {
    const { sent, unconfirmedFrom = lastLine + 1 } = sender.progress();
    return {
      rows,
      refused: refusals.count,
      sent,
      bytesRead: input.bytesRead(),
      confirmedBefore: unconfirmedFrom,
    };
  };
  const takeRow = (row: Row, refusedNow: RefusedRow[]): Promise<void> | undefined => {
    const meaning = members ? inSegment(read(row), settings) : read(row);
    if (members && meaning.kind === "operation" && meaning.operation.action === "add")
      members.add(meaning.operation.contextKey);
    if (row.line < options.fromLine) {
      skipped += 1;
      return undefined;
    }
    rows += 1;
    lastLine = row.line;
    if (meaning.kind === "refused") {
      refusedNow.push(meaning);
      return undefined;
    }
    if (!seen.add(identityOf(row, meaning))) {
      duplicates += 1;
      return undefined;
    }
    return options.dryRun ? undefined : sender.add(meaning.operation, row.line);
  };
  const takeRows = async (some: readonly Row[]): Promise<void> => {
    const refusedNow: RefusedRow[] = [];
    for (const row of some) {
      const busy = takeRow(row, refusedNow);
      if (busy) await busy;
    }
    const somebody = refusedNow.filter(({ means }) => means === "somebody").length;
    refusals = { count: refusals.count + refusedNow.length, somebody: refusals.somebody + somebody };
    listed.push(...refusedNow.slice(0, MAX_LISTED_REFUSED - listed.length).map(withoutRaw));
    const [first] = refusedNow;
    unwrittenFrom = first?.line;
    await refusedFile.write(refusedNow);
    unwrittenFrom = undefined;
  };
  const reasonToStop = async (): Promise<StopReason | undefined> => {
    if (isStopped()) return { kind: "interrupted" };
    const failure = sender.failure();
    if (failure) return { kind: "not-queued", failure };
    if (now() - lookedMs < LOOK_EVERY_MS) return undefined;
    lookedMs = now();
    return changedReason(input);
  };

  try {
    for await (const some of opened.rows) {
      await takeRows(some);
      await ports.afterRead?.();
      ports.onProgress(progress());
      why = await reasonToStop();
      if (why) break;
    }
    why ??= await changedReason(input);
  } catch (error) {
    if (!(error instanceof UnreadableFileError || error instanceof OperatorProblem)) throw error;
    if (rows + skipped === 0) throw asProblem(error);
    why = { kind: "fault", message: error.message };
  } finally {
    await refusedFile.close();
  }
  if (rows === 0 && !why) throw nothingToDo(input.name, skipped, options.fromLine);
  // What was read of a file that stopped is whole; after Ctrl-C or without a queue no more is sent.
  if (why && why.kind !== "fault") await sender.settle();
  else await sender.end();
  const failure = sender.failure();
  if (failure && !why) why = { kind: "not-queued", failure };
  if (isStopped() && sender.progress().unconfirmedFrom !== undefined) why ??= { kind: "interrupted" };
  ports.onProgress(progress());
  const { sent, messages } = sender.progress();
  const seconds = Math.round((now() - startedMs) / 100) / 10;
  const result = { rows, sent, duplicates, refused: listed.map(shown), messages, seconds };
  if (!why) return { kind: "done", result, refusals };
  const { confirmedBefore } = progress();
  const goOnFrom =
    why.kind === "changed" ? undefined : Math.min(confirmedBefore, unwrittenFrom ?? confirmedBefore);
  return { kind: "stopped", why, goOnFrom, result, refusals };
}

async function changedReason(input: Input): Promise<StopReason | undefined> {
  const change = await input.change();
  if (change === undefined) return undefined;
  const message = `${input.name} changed while it was read: ${change}. Run the command again once it is finished.`;
  return { kind: "changed", message };
}

function nothingToDo(name: string, skipped: number, fromLine: number): OperatorProblem {
  return new OperatorProblem(
    skipped > 0
      ? `--from-line: no row of ${name} begins at line ${fromLine} or after it: nothing is left to send.`
      : `${name} has no rows: expected a header and rows, or NDJSON.`,
  );
}

function asProblem(error: unknown): never {
  throw error instanceof UnreadableFileError ? new OperatorProblem(error.message) : error;
}

/** Tells the operations of this file from those of another of the same time: the beginning of the file, and what it is for. */
function runIdOf(
  { connectionName, segment, contextKind, action }: BackfillSettings,
  head: Buffer,
  digest: (text: string) => string,
): string {
  const parts = [connectionName, segment.id, segment.name, contextKind, action, head.toString("base64")];
  return `backfill-${digest(JSON.stringify(parts)).slice(0, 12)}`;
}

/** Rows that are the same operation have the same identity: of rows in our own format, the whole operation. */
function identityOf(row: Row, { operation }: Extract<RowMeaning, { kind: "operation" }>): string {
  if (row.kind === "key") return operation.contextKey;
  const { segment, contextKind, contextKey, action, version } = operation;
  return JSON.stringify([segment.id, segment.name, contextKind, contextKey, action, version[0]]);
}

/** A file that is the whole truth about a segment says nothing about another. */
function inSegment(meaning: RowMeaning, { segment, contextKind }: BackfillSettings): RowMeaning {
  if (meaning.kind === "refused") return meaning;
  const { operation } = meaning;
  if (operation.segment.id === segment.id && operation.contextKind === contextKind) return meaning;
  const message = `with --mirror expected only operations of segment "${segment.id}" and context kind "${contextKind}"`;
  const { version } = operation;
  return refused(version[2], NO_BYTES, { code: "invalid_segment", message, means: "nobody" });
}

const NO_BYTES = Buffer.alloc(0);

/** A list of rows must not hold on to what was read of the file. */
function withoutRaw(row: RefusedRow): RefusedRow {
  return { ...row, raw: NO_BYTES };
}

function shown({ line, code, message }: RefusedRow): BackfillResult["refused"][number] {
  return { line, code, message };
}
