import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one test's files. */
export type TemporaryFolder = {
  readonly path: string;
  /** Writes a bundle whose `exports.handler` is this JavaScript expression, and gives its path. */
  readonly handler: (name: string, expression: string) => Promise<string>;
  readonly file: (name: string, text: string) => Promise<string>;
  readonly remove: () => Promise<void>;
};

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "flagbridge-test-"));
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(path, name), text);
    return join(path, name);
  };
  return {
    path,
    file,
    handler: (name, expression) => file(`${name}.cjs`, `exports.handler = ${expression};\n`),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
