import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test("a command that fails while its bar is drawn stops the bar, says why, and exits 2", async () => {
  const program = `
    const stdin = Object.assign(process.stdin, { isTTY: true, setRawMode: () => stdin });
    process.stderr.isTTY = true;
    const { openProgress } = await import("./cli/progress.ts");
    const { runs } = await import("./cli/run.ts");
    await runs(async () => {
      await openProgress("Working", undefined, { nowMs: Date.now });
      throw new Error("the disk is full");
    })();
  `;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
  // What does not end is killed, and then has no code.
  const ended = promisify(execFile)(process.execPath, args, { cwd: root, timeout: 20_000 });
  await expect(ended).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("the disk is full") });
});

test("the help fits on a screen of 80 columns and 24 lines, with every command on one line", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, "cli/flagbridge.cjs"),
    "--help",
  ]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});
