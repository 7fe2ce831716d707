import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";

const root = join(import.meta.dirname, "..");
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function run(...args: readonly string[]) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ["cli/check-connections.ts", ...args],
      { cwd: root },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe("check-connections", () => {
  test("says OK of the example, which shows only what works", async () => {
    expect(await run("connections.example.yml")).toEqual({
      code: 0,
      stdout: "connections.example.yml: OK\n",
      stderr: "",
    });
  });

  test("says everything that is wrong, and exits 1", async () => {
    const path = await folder.file(
      "connections.yml",
      "launchdarkly: 7\nconnections: { a: { source: segment, secret: a } }\n",
    );
    const { code, stdout, stderr } = await run(path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      `${path}: line 1, column 15: launchdarkly: expected a mapping of names to values, found a number (put a text that looks like one in quotes)`,
      `${path}: line 2, column 16: connections.a: expected audiences or metrics, with an environment of launchdarkly in its "to"`,
    ]);
  });

  test("without a file says how it is used", async () => {
    expect(await run()).toMatchObject({ code: 2, stderr: "usage: npx node cli/check-connections.ts FILE\n" });
  });
});
