import { chmod, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../test/support/temporary-folder.ts";
import { keptToken, newToken } from "./token.ts";

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  return path;
}

describe("the token of a local stack", () => {
  test("stays the same for its port, for its owner's eyes alone", async () => {
    const directory = join(await folder(), "cache");
    const token = keptToken(directory, 3000);
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(keptToken(directory, 3000)).toBe(token);
    expect(keptToken(directory, 3001)).not.toBe(token);
    const file = join(directory, "console-secret");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o644);
    keptToken(directory, 3000);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("is a new one each time where the secret is not what was written", async () => {
    const directory = await folder();
    await writeFile(join(directory, "console-secret"), "short\n");
    expect(keptToken(directory, 3000)).not.toBe(keptToken(directory, 3000));
  });

  test("is a new one each time where it cannot be kept", async () => {
    const file = join(await folder(), "a-file");
    await writeFile(file, "");
    expect(keptToken(file, 3000)).not.toBe(keptToken(file, 3000));
  });
});

test("a token cannot be guessed", () => {
  expect(newToken()).not.toBe(newToken());
});
