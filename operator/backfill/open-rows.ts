import { keyColumn } from "./columns.ts";
import { csvRows } from "./csv-rows.ts";
import { type FileFormat, formatOf } from "./format.ts";
import type { Input } from "./input.ts";
import { type KeyOfObject, NO_KEY, ndjsonRows } from "./ndjson-rows.ts";
import type { Rows } from "./row.ts";
import { HEAD_BYTES, textOf, withHead } from "./text.ts";
import { UnreadableFileError } from "./unreadable-file.ts";

export type RowOptions = {
  readonly format?: FileFormat | undefined;
  /** The column, or in NDJSON the member of an object, that has the keys. */
  readonly keyColumn?: string | undefined;
  /** Is told the column of CSV or TSV that the keys are read from. */
  readonly onColumn?: ((name: string) => void) | undefined;
};

export type OpenRows = {
  readonly rows: Rows;
  /** The beginning of the file, decompressed and in UTF-8: the same whenever the same file is read. */
  readonly head: Buffer;
};

/**
 * Opens the rows of a file, whatever it is compressed with and encoded in. Memory does not grow with the file.
 * @throws {UnreadableFileError} when its format is not clear; while the rows are read, as `csvRows` and `textOf` say
 */
export async function openRows(
  { chunks, name }: Pick<Input, "chunks" | "name">,
  { format, keyColumn: wanted, onColumn }: RowOptions,
): Promise<OpenRows> {
  const { head, all } = await withHead(textOf(chunks, name), HEAD_BYTES);
  const found = formatOf(format, { name, head });
  const rows =
    found.kind === "ndjson"
      ? ndjsonRows(all, { name, keyOf: keyOfObject(wanted) })
      : csvRows(all, {
          name,
          delimiter: found.delimiter,
          chooseColumn: (header) => {
            const column = keyColumn(header, wanted);
            onColumn?.(header[column] ?? "");
            return column;
          },
        });
  return { rows, head };
}

/** An object's key is where a row of a table has it. */
function keyOfObject(wanted: string | undefined): KeyOfObject {
  return (members) => {
    if (wanted !== undefined) return Object.hasOwn(members, wanted) ? members[wanted] : NO_KEY;
    if (Object.hasOwn(members, "key")) return members.key;
    try {
      const names = Object.keys(members);
      const name = names.length > 1 ? names[keyColumn(names, undefined)] : undefined;
      return name === undefined ? NO_KEY : members[name];
    } catch (error) {
      if (error instanceof UnreadableFileError) return NO_KEY;
      throw error;
    }
  };
}
