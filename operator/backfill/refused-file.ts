import { type FileHandle, open } from "node:fs/promises";
import { OperatorProblem } from "../problem.ts";
import type { RefusedRow } from "./row.ts";

/** Where the refused rows go, for whoever puts them right. */
export type RefusedFile = {
  readonly path: string;
  /** @throws {OperatorProblem} when they cannot be written, as on a full disk */
  readonly write: (rows: readonly RefusedRow[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** How much of a row is kept. */
const MAX_SHOWN_CHARACTERS = 1_000;

/**
 * A CSV of the refused rows: where each begins, why it was refused, and how it stands in the file. It is created with the first of
 * them, and only its owner may read it. A run that goes on adds to it.
 */
export function refusedFile(path: string, { goesOn }: { readonly goesOn: "yes" | "no" }): RefusedFile {
  let handle: FileHandle | undefined;
  const opened = async (): Promise<FileHandle> => {
    if (handle) return handle;
    handle = await open(path, goesOn === "yes" ? "a" : "w", 0o600);
    const { size, isFile } = await handle
      .stat()
      .then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
    // A file that was there before keeps its mode.
    if (isFile) await handle.chmod(0o600);
    if (size === 0) await handle.write("line,code,message,row\n");
    return handle;
  };
  return {
    path,
    write: async (rows) => {
      if (rows.length === 0) return;
      try {
        const file = await opened();
        await file.appendFile(rows.map(lineOf).join(""));
      } catch (error) {
        throw new OperatorProblem(`The refused rows cannot be written to ${path}: ${reasonOf(error)}.`);
      }
    },
    close: async () => {
      await handle?.close();
    },
  };
}

function lineOf({ line, code, message, raw }: RefusedRow): string {
  // Bytes beyond what is shown are not decoded: a row may have any size.
  const text = raw.subarray(0, MAX_SHOWN_CHARACTERS * 4).toString();
  const shown = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
  return `${[String(line), code, message, shown].map(quoted).join(",")}\n`;
}

/** https://www.rfc-editor.org/rfc/rfc4180#section-2 */
function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return `the disk is full (${code}); make room, or run where there is some`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `you may not write there (${code}); run with a copy of the file in a folder of yours`;
    default:
      return error instanceof Error ? error.message : "for an unknown reason";
  }
}
