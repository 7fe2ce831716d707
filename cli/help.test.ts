import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test.each([
  "cli/build.ts",
  "cli/check-connections.ts",
  "cli/connections-schema.ts",
  "dev/start.ts",
  "test/chaos/start.ts",
  "bench/run.ts",
  "bench/simulate/run.ts",
])("%s --help says what it does, and does nothing else", async (file) => {
  // A command that exits with anything but 0 rejects.
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    join(root, file),
    "--help",
  ]);
  expect(stdout).toMatch(/^(usage: )?np[mx] /);
});
