import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { Parsed, Source } from "../../lib/sources/source.ts";
import { oneConnection, RECEIVED_AT } from "../support/ingest-request.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { MIN_VECTORS } from "../support/vectors-folder.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/sources/new-source.md"), "utf8");
const blocksOf = (language: string) =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, block = ""]) =>
    found === language ? [block] : [],
  );

/** The page's file, with the imports that it has in lib/sources. */
const [code = ""] = blocksOf("ts").map((block) =>
  block.replaceAll('from "../', `from "${root}/lib/`).replaceAll('from "./', `from "${root}/lib/sources/`),
);

const vectors = z
  .record(
    z.string(),
    z.strictObject({
      body: z.unknown(),
      malformed: z.string().optional(),
      operations: z.array(z.string()).default([]),
      rejected: z.array(z.string()).default([]),
    }),
  )
  .parse(JSON.parse(blocksOf("json").at(-1) ?? ""));

let folder: TemporaryFolder;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.file("package.json", '{"type":"module"}');
  file = await folder.file("cohortly.ts", code);
});
afterAll(() => folder.remove());

describe("the source that docs/sources/new-source.md makes", () => {
  test("compiles with the project's settings", async () => {
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
      include: [],
      files: [file],
    };
    const project = await folder.file("tsconfig.json", JSON.stringify(config));
    const compiled = promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", project]);
    expect(await compiled.catch(({ stdout }) => ({ stdout, stderr: "" }))).toEqual({
      stdout: "",
      stderr: "",
    });
  });

  test("has as many vectors as CI wants", () => {
    expect(Object.keys(vectors).length).toBeGreaterThanOrEqual(MIN_VECTORS);
  });

  test.each(Object.entries(vectors))(
    "does what its vector says: %s",
    async (_name, { body, ...expected }) => {
      const { cohortly }: { readonly cohortly: Source } = await import(pathToFileURL(file).href);
      const { cdp } = oneConnection({ source: "flagbridge" }).connections;
      if (!cdp) throw new Error("the connection is not there");
      const parsed = cohortly.parse({
        body,
        bodyBytes: 0,
        connection: cdp,
        receivedAtMs: RECEIVED_AT,
        route: "connection",
        digest: (text) => text,
      });
      expect(asOnThePage(parsed)).toEqual(expected);
    },
  );

  test("is in a file as long as the page promises", () => {
    const lines = code.split("\n").filter((line) => !/^(?:import .*|\/\*\*.*|)$/.test(line));
    expect(lines.length).toBeLessThanOrEqual(40);
  });
});

function asOnThePage(parsed: Parsed): object {
  if (parsed.kind === "malformed") return { malformed: parsed.message, operations: [], rejected: [] };
  return {
    operations: parsed.operations.map(({ action, contextKey, segment, version: [atMs] }) => {
      const at = atMs === RECEIVED_AT ? "" : `, at ${new Date(atMs).toISOString()}`;
      return `${action} ${contextKey} ${action === "add" ? "to" : "from"} ${segment.id}, ${segment.name}${at}`;
    }),
    rejected: parsed.rejected.map(({ code, message }) => `${code} ${message}`),
  };
}
