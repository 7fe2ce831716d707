import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BundleSize, bundle } from "./build.ts";
import { overBudget } from "./size-budget.ts";
import budgets from "./size-budgets.json" with { type: "json" };

const functions = readdirSync(join(import.meta.dirname, "../functions"), { withFileTypes: true })
  .filter((folder) => folder.isDirectory())
  .map((folder) => folder.name);

let outDir: string;
let sizes: readonly BundleSize[];

beforeAll(async () => {
  outDir = mkdtempSync(join(tmpdir(), "flagbridge-build-"));
  sizes = await bundle(outDir);
});

afterAll(() => rmSync(outDir, { recursive: true, force: true }));

test("every function is one bundle with its source map beside it, and ingest's document is beside them", () => {
  const expected = functions.flatMap((name) => [`${name}.cjs`, `${name}.cjs.map`]);
  expect(readdirSync(outDir).sort()).toEqual([...expected, "openapi.json"].sort());
});

test.each(functions)("%s has of package.json the version alone", (name) => {
  expect(readFileSync(join(outDir, `${name}.cjs`), "utf8")).not.toContain("devDependencies");
});

test.each(functions)("%s exports its handler", (name) => {
  expect(readFileSync(join(outDir, `${name}.cjs`), "utf8")).toMatch(/\bhandler:\(\)=>/);
});

test.each(functions)("%s leaves out what a function never runs, and maps our own files alone", (name) => {
  const { sources } = JSON.parse(readFileSync(join(outDir, `${name}.cjs.map`), "utf8"));
  expect(sources.filter((path: string) => !/^\.\.\/.*(functions|lib)\/|package\.json$/.test(path))).toEqual(
    [],
  );
  const unwanted = /lib\/connections\/(schema|load)\.ts/;
  expect(sources.filter((path: string) => unwanted.test(path))).toEqual([]);
});

test.each(functions)("%s has one copy of each part of the AWS SDK, and no chain of credentials", (name) => {
  const modules = sizes.find((size) => size.name === `${name}.cjs`)?.modules ?? [];
  const copies = modules.filter((path) => /node_modules\/.*node_modules\/@(smithy|aws-sdk)\//.test(path));
  expect(copies).toEqual([]);
  const left = modules.filter((path) =>
    /node_modules\/@aws-sdk\/(credential-provider-(?!env)|endpoint-cache|nested-clients|token-providers)|\/event-streams\//.test(
      path,
    ),
  );
  expect(left).toEqual([]);
  expect(modules).toContain("node_modules/@aws-sdk/client-sqs/dist-es/SQSClient.js");
});

test("every bundle is within its budget", () => {
  expect(overBudget(sizes, budgets)).toEqual([]);
});

test("the size of a bundle comes with the modules that weigh most in it", () => {
  for (const { name, bytes, largest } of sizes) {
    expect(bytes).toBe(readFileSync(join(outDir, name)).byteLength);
    expect(largest).toHaveLength(3);
  }
});
