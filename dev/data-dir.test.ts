import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { StartProblem } from "./problem.ts";

const folders: TemporaryFolder[] = [];
const open: DataDir[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function newFolder(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder;
}

test("without a directory nothing is kept, and nothing is left behind", () => {
  const dataDir = openDataDir(undefined);
  expect(dataDir).toMatchObject({ queues: undefined, tables: undefined, launchdarkly: undefined });
  expect(existsSync(dataDir.work)).toBe(true);

  dataDir.close();

  expect(existsSync(dataDir.work)).toBe(false);
});

test("a directory is made, and belongs to one stack at a time", async () => {
  const directory = join((await newFolder()).path, "new");
  const first = openDataDir(directory);
  open.push(first);

  expect(() => openDataDir(directory)).toThrow(StartProblem);
  expect(() => openDataDir(directory)).toThrow(/in use by another stack/);

  first.close();
  open[0] = openDataDir(directory);
});

test("a directory that is a file is refused in words", async () => {
  const file = await (await newFolder()).file("file", "");

  expect(() => openDataDir(file)).toThrow(/The data directory .* cannot be used: /);
});
