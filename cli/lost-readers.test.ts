import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const cli = join(import.meta.dirname, "flagbridge.cjs");
const connections = join(import.meta.dirname, "../dev/connections.yml");

/** The exit code of a command line of bash, and what stood on stderr. */
async function ends(script: string): Promise<{ readonly code: number; readonly stderr: string }> {
  const words = ["-c", script, process.execPath, cli, connections];
  const { stdout, stderr } = await promisify(execFile)("bash", words);
  return { code: Number(stdout), stderr };
}

test("a reader that goes away leaves the exit code of the work, and no stack trace", async () => {
  const check = '"$0" "$1" connections check "$2"';
  // The reader is gone before the answer comes: it closes its end at once.
  const isGone = "exec <&-; sleep 3";
  expect(await ends(`${check} > >(${isGone}); echo $?`)).toEqual({ code: 0, stderr: "" });
  expect(await ends(`"$0" "$1" connections check missing.yml > >(${isGone}); echo $?`)).toEqual({
    code: 1,
    stderr: "",
  });
});

test("an answer that a full disk does not take is exit 2", async () => {
  const { code, stderr } = await ends('"$0" "$1" connections check "$2" --json > /dev/full; echo $?');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^The answer could not be written: ENOSPC/);
});
