import type { Readable } from "node:stream";
import type { FileFormat } from "../backfill/format.ts";
import { openInput } from "../backfill/input.ts";
import { openRows } from "../backfill/open-rows.ts";
import { UnreadableFileError } from "../backfill/unreadable-file.ts";
import { OperatorProblem } from "../problem.ts";

/** The keys of a file that is the truth, each once. */
export type ReadKeys = {
  readonly keys: ReadonlySet<string>;
  /** Rows that name nobody, or cannot be read. */
  readonly refused: number;
};

/**
 * Reads the keys of a file as backfill does, into memory: about 100 MB for a million.
 * @throws {OperatorProblem} for a file that is not there, has no keys, or changed while it was read
 */
export async function readFileKeys(
  path: string,
  options: {
    readonly keyColumn: string | undefined;
    readonly format: FileFormat | undefined;
    readonly stdin: () => Readable;
    readonly onColumn: (name: string) => void;
  },
): Promise<ReadKeys> {
  const input = await openInput(path, options.stdin);
  try {
    const { rows } = await openRows(input, options);
    const keys = new Set<string>();
    let refused = 0;
    for await (const some of rows)
      for (const row of some) {
        const key = row.kind === "key" ? row.key : row.kind === "operation" ? row.item.contextKey : undefined;
        if (typeof key === "string" && key !== "") keys.add(key);
        else if (typeof key === "number") keys.add(String(key));
        else refused += 1;
      }
    const change = await input.change();
    if (change !== undefined)
      throw new OperatorProblem(`${input.name} changed while it was read (${change}): nothing was compared.`);
    if (keys.size === 0) throw new OperatorProblem(`${input.name} has no keys: nothing was compared.`);
    return { keys, refused };
  } catch (error) {
    if (error instanceof UnreadableFileError) throw new OperatorProblem(`${path}: ${error.message}`);
    throw error;
  } finally {
    await input.close();
  }
}
