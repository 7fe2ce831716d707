import { isUtf8 } from "node:buffer";
import { parse } from "csv-parse";
import { CR, LF, openLines } from "./lines.ts";
import { MAX_ROW_BYTES, type Row, type Rows, refused, tooLarge, unreadable } from "./row.ts";
import { UnreadableFileError } from "./unreadable-file.ts";

/** A row that goes on for so long has a quote that nobody closed. */
const MAX_OPEN_BYTES = 16 * 1_048_576;

/** So many empty lines are no end of a file. */
const MAX_EMPTY_LINES = 10_000;

/**
 * The rows of CSV (RFC 4180, with any line end) or TSV: of each the text in the key's column. The first row is the header.
 * Empty lines are rows without a key, except at the end of the file.
 * @throws {UnreadableFileError} while it is read, when it ends in the middle of a row
 */
export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  {
    name,
    delimiter,
    chooseColumn,
  }: {
    readonly name: string;
    readonly delimiter: string;
    /** Gives the place of the key's column in the header. */
    readonly chooseColumn: (header: readonly string[]) => number;
  },
): Rows {
  const lines = openLines();
  const isWellQuoted = wellQuoted(delimiter);
  let header: { readonly columns: number; readonly key: number } | undefined;
  let empty: Row[] = [];
  let rows: Row[] = [];
  let last: Shape | undefined;
  let beforeLast: Shape | undefined;

  const take = (record: readonly string[]): void => {
    const { line, bytes } = lines.cutBefore(parser.info.bytes);
    const raw = withoutLineEnd(bytes);
    beforeLast = last;
    last = { line, columns: record.length, hasLineEnd: raw.length < bytes.length };
    if (header === undefined) {
      if (raw.includes(0))
        throw new UnreadableFileError(`${name} is no text: its first line has a NUL byte. ${EXPORT}`);
      if (raw.length > 0) header = { columns: record.length, key: chooseColumn(record) };
      return;
    }
    if (raw.length === 0) {
      empty.push(refused(line, raw, MISSING_KEY));
      if (empty.length < MAX_EMPTY_LINES) return;
    }
    if (empty.length > 0) rows.push(...empty);
    empty = [];
    if (raw.length > 0) rows.push(rowOf(record, { line, raw, ...header }));
  };
  const rowOf = (
    record: readonly string[],
    { line, raw, columns, key }: { line: number; raw: Buffer; columns: number; key: number },
  ): Row => {
    if (raw.length > MAX_ROW_BYTES) return tooLarge(line, raw);
    if (record.some((value) => value.includes('"')) && !isWellQuoted(raw))
      return unreadable(line, raw, QUOTES);
    if (record.length !== columns) {
      const message = `expected ${columns} columns, as the header has, found ${record.length}`;
      return unreadable(line, raw, message);
    }
    if (raw.includes(0)) return unreadable(line, raw, "expected text, found a NUL byte");
    const text = record[key];
    // A genuine U+FFFD is text; what stands for bytes that are none is not.
    if (text?.includes("\ufffd") && !isUtf8(raw)) return unreadable(line, raw, NOT_UTF8);
    return { kind: "key", line, key: text, raw };
  };
  const parser = parse({
    delimiter,
    // All three, for the parser would take the first that it sees for all, and leave the rest of another in a key.
    record_delimiter: ["\r\n", "\n", "\r"],
    // How many columns a row has and how its quotes stand is looked at above, row by row: the parser would stop at the first fault.
    relax_column_count: true,
    relax_quotes: true,
    on_record: (record: string[]) => {
      take(record);
      return null;
    },
  });
  // What went wrong is thrown by the write that it went wrong in.
  parser.on("error", () => undefined).resume();

  try {
    for await (const chunk of chunks) {
      lines.feed(chunk);
      await settled((done) => parser.write(chunk, done));
      const open = lines.rest();
      if (open.bytes.length > MAX_OPEN_BYTES) throw openQuote(name, open.line);
      if (rows.length > 0) yield rows;
      rows = [];
    }
    let fault: unknown;
    await settled((done) => parser.end(done)).catch((error: unknown) => {
      fault = isOpenQuote(error) ? openQuote(name, lines.rest().line) : error;
    });
    if (last && header && lacksEnd(last, beforeLast, header)) {
      rows.pop();
      fault = endsInRow(name, last.line);
    }
    if (rows.length > 0) yield rows;
    if (fault !== undefined) throw fault;
  } finally {
    parser.destroy();
  }
}

const MISSING_KEY = {
  code: "missing_context_key",
  message: "expected a key, found an empty line",
  means: "nobody",
} as const;
const EXPORT = "Export it as CSV, TSV or NDJSON.";
const QUOTES =
  'expected a value in quotes to have nothing behind its closing quote, and a quote in it to be doubled ("")';
export const NOT_UTF8 = "expected text in UTF-8 or UTF-16: the key has bytes that are neither";

/** What is remembered of the last rows. */
type Shape = { readonly line: number; readonly columns: number; readonly hasLineEnd: boolean };

/**
 * Whether the last row has no line end and lacks columns. Where the row before it lacks as many, the header is at fault, which
 * names more columns than any row has.
 */
function lacksEnd(last: Shape, beforeLast: Shape | undefined, header: { readonly columns: number }): boolean {
  return !last.hasLineEnd && last.columns < header.columns && beforeLast?.columns !== last.columns;
}

function isOpenQuote(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "CSV_QUOTE_NOT_CLOSED";
}

export function endsInRow(name: string, line: number): UnreadableFileError {
  return new UnreadableFileError(
    `${name} ends in the middle of a row, which begins on line ${line}: get the whole file.`,
  );
}

function openQuote(name: string, line: number): UnreadableFileError {
  return new UnreadableFileError(
    `${name} ends in the middle of a row: the row that begins on line ${line} opens a quote that nothing closes. Get the whole file, or close the quote.`,
  );
}

function withoutLineEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === LF) end -= 1;
  if (bytes[end - 1] === CR) end -= 1;
  return bytes.subarray(0, end);
}

/** Says whether the quotes of a row stand as RFC 4180 wants: https://www.rfc-editor.org/rfc/rfc4180#section-2 */
function wellQuoted(delimiter: string): (row: Buffer) => boolean {
  const value = `(?:[^"${delimiter}]*|"[^"]*(?:""[^"]*)*")`;
  const shape = new RegExp(`^${value}(?:${delimiter}${value})*$`);
  return (row) => shape.test(row.toString("latin1"));
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}
