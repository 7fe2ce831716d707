import { existsSync, globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { describeViolation, findViolations, type SourceFile } from "./rules.ts";

/** This file: it quotes what is forbidden. */
const specimens = "test/architecture/architecture.test.ts";
const root = join(import.meta.dirname, "../..");
const folders = ["bench", "cli", "console", "dev", "functions", "infra", "lib", "operator", "test"].filter(
  (folder) => existsSync(join(root, folder)),
);

test("the project keeps to its own architecture", () => {
  const files = folders
    .flatMap((folder) =>
      globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude: [specimens, "**/node_modules/**"] }),
    )
    .map(
      (path): SourceFile => ({
        path: path.split(sep).join("/"),
        text: readFileSync(join(root, path), "utf8"),
      }),
    );
  expect(files.length).toBeGreaterThan(50);
  expect(findViolations(files).map(describeViolation)).toEqual([]);
});

describe("the checker finds", () => {
  test.each<[string, string, string]>([
    ["the SDK in the domain", "lib/audience/plan.ts", 'import { SQSClient } from "@aws-sdk/client-sqs";'],
    [
      "the SDK in a test's support",
      "test/support/queue.ts",
      'import { SQSClient } from "@aws-sdk/client-sqs";',
    ],
    [
      "lib importing a function",
      "lib/audience/plan.ts",
      'import { env } from "../../functions/ingest/env.ts";',
    ],
    [
      "lib importing test support",
      "lib/audience/plan.ts",
      'import { ledger } from "../../test/support/memory-ledger.ts";',
    ],
    [
      "lib loading the local stack",
      "lib/audience/plan.ts",
      'const stack = await import("../../dev/stack.ts");',
    ],
    ["the domain importing lib/aws", "lib/audience/plan.ts", 'import type { Queues } from "../aws/sqs.ts";'],
    [
      "a function's work importing lib/aws",
      "functions/ingest/ingest.ts",
      'import { createQueues } from "../../lib/aws/sqs.ts";',
    ],
    ["a task importing the terminal", "operator/status.ts", 'import { print } from "../cli/terminal.ts";'],
    ["a task reading the environment", "operator/status.ts", "const { HOME } = process.env;"],
    [
      "one function importing another",
      "functions/ingest/ingest.ts",
      'import { flush } from "../audience-batcher/flush.ts";',
    ],
    [
      "a function listing the ledger",
      "functions/audience-batcher/flush.ts",
      'import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";',
    ],
    [
      "the local stack importing a function",
      "dev/stack.ts",
      'import { handler } from "../functions/ingest/handler.ts";',
    ],
    [
      "a source importing a destination",
      "lib/sources/segment.ts",
      'import { limits } from "../launchdarkly/segments/limits.ts";',
    ],
    [
      "a destination importing a source",
      "lib/posthog/capture/wire.ts",
      'export { parse } from "../../sources/segment.ts";',
    ],
    [
      "delivery importing an idea it serves",
      "lib/delivery/fate.ts",
      'import type { Action } from "../audience/operation.ts";',
    ],
    [
      "a handler importing lib/aws",
      "functions/ingest/handler.ts",
      'import { createQueues } from "../../lib/aws/sqs.ts";',
    ],
    ["a handler that reads the clock", "functions/ingest/handler.ts", "const now = Date.now;"],
    ["the environment in lib", "lib/audience/plan.ts", "const table = process.env.LEDGER_TABLE;"],
    [
      "the environment in a function's work",
      "functions/ingest/ingest.ts",
      'const url = process.env["AUDIENCE_QUEUE_URL"];',
    ],
    ["the environment by another door", "lib/audience/plan.ts", 'import { env } from "node:process";'],
    ["the global fetch", "lib/launchdarkly/request.ts", "const response = await fetch(url);"],
    ["the clock", "lib/audience/plan.ts", "const nowMs = Date.now();"],
    ["the clock as a value", "lib/audience/plan.ts", "const clock = { now: Date.now };"],
    ["the clock as a date", "functions/ingest/ingest.ts", "const today = new Date();"],
    ["chance", "lib/delivery/retry-delay.ts", "const jitter = Math.random();"],
    ["a barrel", "lib/audience/index.ts", "export {};"],
    ["a drawer", "lib/utils/strings.ts", "export {};"],
    [
      "a handler that works",
      "functions/ingest/handler.ts",
      `import { ingest } from "./ingest.ts";\n${"work();\n".repeat(41)}`,
    ],
    ["a test file without an end", "lib/audience/plan.test.ts", "expect();\n".repeat(401)],
    ["a file of many ideas", "lib/audience/plan.ts", "plan();\n".repeat(301)],
  ])("%s", (_name, path, text) => {
    expect(findViolations([{ path, text }])).toHaveLength(1);
  });

  test("the line of an offence below a comment, and says what to do", () => {
    const text = '/* one\n   two */\nimport {\n  type A,\n} from "../aws/sqs.ts";\n';
    expect(findViolations([{ path: "lib/audience/plan.ts", text }]).map(describeViolation)).toEqual([
      "lib/audience/plan.ts:5 imports lib/aws where only composition may (lib/aws/sqs.ts). " +
        "Take a port as an argument; functions/compose.ts or operator/target.ts opens the implementation",
    ]);
  });
});

describe("the checker lets pass", () => {
  test.each<[string, string, string]>([
    ["the SDK in lib/aws", "lib/aws/sqs.ts", 'import { SQSClient } from "@aws-sdk/client-sqs";'],
    [
      "the file that composes",
      "functions/compose.ts",
      'import { createQueues } from "../lib/aws/sqs.ts";\nconst now = Date.now;',
    ],
    [
      "a handler that takes what is composed",
      "functions/ingest/handler.ts",
      'import { clock } from "../compose.ts";\nconst environment = read(process.env);',
    ],
    [
      "a handler of many imports",
      "functions/ingest/handler.ts",
      `${'import { ingest } from "./ingest.ts";\n'.repeat(20)}${"work();\n".repeat(40)}`,
    ],
    ["an emulator's test", "dev/queues.test.ts", 'import { SQSClient } from "@aws-sdk/client-sqs";'],
    ["a function's own files", "functions/ingest/handler.ts", 'import { ingest } from "./ingest.ts";'],
    [
      "a test that runs the adapter",
      "lib/audience/ledger/dynamodb.test.ts",
      'import { createDynamoCalls } from "../../aws/dynamodb.ts";',
    ],
    [
      "a rule that is only spoken of",
      "lib/audience/plan.ts",
      "// never Date.now() here\n/* nor process.env */",
    ],
    [
      "a URL in a text",
      "lib/audience/plan.ts",
      'const page = "https://example.com"; // fetch(page) is for others',
    ],
    ["a date of a given time", "lib/audience/plan.ts", "const date = new Date(atMs);"],
    ["a method named fetch", "lib/connections/load.ts", "await ports.fetch(name);"],
    [
      "the environment in env.ts",
      "functions/ingest/env.ts",
      "export const read = () => schema.parse(process.env);",
    ],
  ])("%s", (_name, path, text) => {
    expect(findViolations([{ path, text }])).toEqual([]);
  });
});
