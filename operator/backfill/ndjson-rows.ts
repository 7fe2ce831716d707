import { isUtf8 } from "node:buffer";
import { isObject, readJson } from "../../lib/json.ts";
import { endsInRow, NOT_UTF8 } from "./csv-rows.ts";
import { LF } from "./lines.ts";
import { MAX_ROW_BYTES, type Row, type Rows, tooLarge, unreadable } from "./row.ts";

/** How much of a row that is too large is kept, to be shown. */
const KEPT_BYTES = 1_024;

/**
 * The rows of NDJSON: a line each, that is a text, an object with the key, or an audience operation in Flagbridge's own format.
 * Empty lines are skipped: https://github.com/ndjson/ndjson-spec#31-serialization
 * @throws {UnreadableFileError} while it is read, when it ends in the middle of a row
 */
export async function* ndjsonRows(
  chunks: AsyncIterable<Buffer>,
  { name, keyOf }: { readonly name: string; readonly keyOf: KeyOfObject },
): Rows {
  let line = 1;
  /** What was read of a line whose end is still to come; `beginning` of one that is too large already. */
  let open: Buffer = Buffer.alloc(0);
  let beginning: Buffer | undefined;
  for await (const chunk of chunks) {
    const rows: Row[] = [];
    const window = open.length === 0 ? chunk : Buffer.concat([open, chunk]);
    let from = 0;
    for (let end = window.indexOf(LF); end !== -1; end = window.indexOf(LF, from)) {
      const bytes = window.subarray(from, end);
      if (beginning !== undefined) rows.push(tooLarge(line, beginning));
      else if (!isBlank(bytes)) rows.push(rowOf(line, bytes, keyOf));
      beginning = undefined;
      from = end + 1;
      line += 1;
    }
    open = window.subarray(from);
    if (open.length > MAX_ROW_BYTES || beginning !== undefined) {
      beginning ??= Buffer.from(open.subarray(0, KEPT_BYTES));
      open = Buffer.alloc(0);
    }
    if (rows.length > 0) yield rows;
  }
  if (beginning !== undefined) yield [tooLarge(line, beginning)];
  else if (!isBlank(open)) {
    if (!isJson(open.toString())) throw endsInRow(name, line);
    yield [rowOf(line, open, keyOf)];
  }
}

/** Finds an object's key; `not-found` when none of its members can be it. */
export type KeyOfObject = (members: Readonly<Record<string, unknown>>) => unknown;

function rowOf(line: number, raw: Buffer, keyOf: KeyOfObject): Row {
  if (raw.length > MAX_ROW_BYTES) return tooLarge(line, raw);
  const text = raw.toString();
  const value = readJson(text);
  if (value === undefined) return unreadable(line, raw, "expected JSON");
  // A genuine U+FFFD is text; what stands for bytes that are none is not.
  if (text.includes("\ufffd") && !isUtf8(raw)) return unreadable(line, raw, NOT_UTF8);
  if (typeof value === "string") return { kind: "key", line, key: value, raw };
  if (!isObject(value)) return unreadable(line, raw, EXPECTED);
  if ("contextKey" in value) return { kind: "operation", line, item: value, raw };
  const key = keyOf(value);
  return key === NO_KEY ? unreadable(line, raw, EXPECTED) : { kind: "key", line, key, raw };
}

/** What {@link KeyOfObject} gives for an object without a key. */
export const NO_KEY: unique symbol = Symbol("no key");

const EXPECTED =
  'expected a text, an object with a key ({"key": …}), or an audience operation ({"contextKey": …})';

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function isJson(text: string): boolean {
  return readJson(text) !== undefined;
}
