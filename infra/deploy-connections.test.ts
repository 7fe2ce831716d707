import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { packagedProject } from "../test/support/package-once.ts";
import { type Clone, cloneProject } from "../test/support/packaged-project.ts";
import { pluginInput } from "../test/support/sls-plugin.ts";

const BundlePlugin = createRequire(import.meta.url)("./bundle-plugin.cjs");

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000 });

let clone: Clone;
beforeEach(() => {
  clone = cloneProject();
});
afterEach(() => clone.remove());

/** What sls says of a command, however it ends. No AWS answers it. */
const said = (...command: readonly string[]) =>
  clone.sls([...command, "--stage", "prod"], { AWS_ENDPOINT_URL: "http://127.0.0.1:9" }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => `${Object(error).stdout}${Object(error).stderr}`,
  );

test("without connections.yml, `sls deploy` stops and says what to copy", async () => {
  const text = await said("deploy");
  expect(text).toContain("There is no connections.yml");
  expect(text).toContain("cp connections.example.yml connections.yml");
  expect(text).not.toContain("is packaged in its place");
});

test("without connections.yml, `sls deploy function` stops before it builds, and says what to copy", () => {
  const commands = ["deploy", "function"];
  const { serverless, log } = pluginInput({
    commands,
    options: { function: "ingest" },
    directory: clone.directory,
  });
  const { hooks } = new BundlePlugin(serverless, {}, { log });
  expect(hooks.initialize).toThrow(
    /There is no connections\.yml[\s\S]*cp connections\.example\.yml connections\.yml/,
  );
});

test("without connections.yml, `sls package` packages the example with a warning", () => {
  expect(packagedProject().output).toContain("connections.example.yml is packaged in its place");
});

test("with a connections.yml of any content it is the file that a deploy looks at", async () => {
  writeFileSync(join(clone.directory, "connections.yml"), "launchdarkly: 1\n");
  rmSync(join(clone.directory, "connections.example.yml"));
  expect(await said("deploy")).toContain("connections.yml is not right");
});
