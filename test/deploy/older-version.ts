import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** An older version of the project to go back to: the first with the queues of now. */
export const OLDER_COMMIT = "2060520e9c64c6640a40c822a549e5ee51658cf9";

/** Whether the commit is there: a clone of CI may have the newest alone. */
export async function hasOlderVersion(): Promise<boolean> {
  return run("git", ["cat-file", "-e", `${OLDER_COMMIT}^{commit}`], { cwd: root }).then(
    () => true,
    () => false,
  );
}

/** Puts the files of the older version into a directory. */
export async function copyOlderVersion(directory: string): Promise<void> {
  const archive = join(directory, "older.tar");
  await run("git", ["archive", "--output", archive, OLDER_COMMIT], { cwd: root });
  await run("tar", ["-xf", archive, "-C", directory]);
}
