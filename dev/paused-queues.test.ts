import { afterEach, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { openPausedQueues } from "./paused-queues.ts";

const folders: TemporaryFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

async function newFile(content: string): Promise<string> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder.file("paused-queues.json", content);
}

test("what was paused last is paused when the file is opened again", async () => {
  const file = await newFile('{"paused":["one","two"]}');
  const paused = openPausedQueues(file);
  paused.set("one", "running");
  paused.set("three", "paused");

  const again = openPausedQueues(file);

  expect(["one", "two", "three"].map(again.has)).toEqual([false, true, true]);
});

test("a file that cannot be read is named, with what to do", async () => {
  const file = await newFile('{"paused":');

  expect(() => openPausedQueues(file)).toThrow(
    `${file} cannot be read: expected {"paused":[names of queues]}. Correct it, or delete it so that no queue is paused.`,
  );
});
