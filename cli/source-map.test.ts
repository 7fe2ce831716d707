import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { leanBundle } from "./lean-bundle.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flagbridge-map-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string) =>
  z
    .object({ sources: z.array(z.string()), names: z.array(z.string()) })
    .parse(JSON.parse(readFileSync(join(folder, file), "utf8")));

test("a source map has our own files alone, and their positions in a stack trace stay right", async () => {
  writeFileSync(
    join(folder, "own.ts"),
    [
      'import { parse } from "yaml";',
      "",
      "export function failing(): string {",
      '  return new Error("here").stack ?? "";',
      "}",
      "console.log(failing());",
      'console.log(parse("a: 1", () => new Error("within").stack));',
    ].join("\n"),
  );
  const modules = join(import.meta.dirname, "../node_modules");
  await leanBundle({
    entryPoints: [{ in: join(folder, "own.ts"), out: "own" }],
    outdir: folder,
    nodePaths: [modules],
  });
  const { sources } = read("own.cjs.map");
  expect(sources).toEqual(["own.ts"]);
  const printed = execFileSync(process.execPath, ["--enable-source-maps", join(folder, "own.cjs")], {
    encoding: "utf8",
  });
  expect(printed).toMatch(/failing \(.*own\.ts:4:10\)/);
  // A frame of a package keeps its place in the bundle, and gets none of a file of ours.
  expect(printed).toMatch(/own\.ts:7:\d+/);
  expect(printed).toMatch(/own\.cjs:\d+:\d+/);
});
