import { isObject, readJson } from "../../lib/json.ts";
import { UnreadableFileError } from "./unreadable-file.ts";

export const FORMATS = ["csv", "tsv", "ndjson"] as const;
export type FileFormat = (typeof FORMATS)[number];

/** How rows are written. `delimiter`: what stands between columns. */
export type RowFormat =
  | { readonly kind: "columns"; readonly delimiter: "," | ";" | "\t" }
  | { readonly kind: "ndjson" };

/**
 * The format that somebody names, else that of the file's name, else what its first line looks like.
 * @throws {UnreadableFileError} when the first line could be of two formats, or is of none
 */
export function formatOf(
  given: FileFormat | undefined,
  { name, head }: { readonly name: string; readonly head: Buffer },
): RowFormat {
  const firstLine = /^\s*([^\r\n]*)/.exec(head.toString("utf8"))?.[1] ?? "";
  const format = given ?? formatOfName(name) ?? formatOfLine(firstLine, name);
  switch (format) {
    case "ndjson":
      return { kind: "ndjson" };
    case "tsv":
      return { kind: "columns", delimiter: "\t" };
    case "csv":
      return { kind: "columns", delimiter: delimiterOf(firstLine) };
  }
}

function formatOfName(name: string): FileFormat | undefined {
  const ending = /\.([a-z]+)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase();
  switch (ending) {
    case "csv":
      return "csv";
    case "tsv":
    case "tab":
      return "tsv";
    case "ndjson":
    case "jsonl":
      return "ndjson";
    default:
      return undefined;
  }
}

function formatOfLine(line: string, name: string): FileFormat {
  const value = readJson(line);
  if (isObject(value)) return "ndjson";
  // A header of one column in quotes, or the first of many texts.
  if (typeof value === "string")
    throw new UnreadableFileError(
      `${name} begins with a text in quotes, which may be a header of CSV or a text of NDJSON: say which with --format csv or --format ndjson.`,
    );
  if (/^[[{]/.test(line))
    throw new UnreadableFileError(
      `${name} is JSON of many lines: expected NDJSON, one text or object a line. jq writes it: jq -c '.[]' FILE`,
    );
  return line.includes("\t") && !line.includes(",") ? "tsv" : "csv";
}

/** Excel writes semicolons where the comma is the decimal mark, and calls it CSV. */
function delimiterOf(header: string): "," | ";" {
  return header.includes(";") && !header.includes(",") ? ";" : ",";
}
