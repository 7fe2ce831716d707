import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import { answeredLines } from "../support/answered-lines.ts";
import { stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { runDocument, runSettings } from "./run-document.ts";
import { CONNECTIONS, SECRETS } from "./stand.ts";

/**
 * What counts as a finding. That wrong data is answered 200 is none: wrong items are rejected in it, one by one. That a body of
 * the document is refused is one.
 */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
  "positive_data_acceptance",
  "ignored_auth",
];

/** PUT and PATCH lead to the same code as POST. */
const OPTIONS = ["--exclude-method", "PUT", "--exclude-method", "PATCH"];

let folder: TemporaryFolder;
let stack: StackProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  const files = await stackFiles(folder, { connections: CONNECTIONS, secrets: SECRETS });
  stack = await startStackProcess([...files, "--log", "json"]);
});

afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

test("schemathesis finds no fault and no answer that the document does not have", async () => {
  const served = await (await fetch(`${stack.url}/openapi.json`)).json();
  const document = await folder.file("document.json", JSON.stringify(runDocument(served)));
  const settings = await folder.file("settings.toml", runSettings());
  const run = [
    ...["--no-color", "--config-file", settings, "run", document, "--url", stack.url],
    ...["--phases", "coverage,fuzzing", "--max-examples", "10"],
    ...["--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"],
    // With two, its generator now and then ends in a SystemError of Python 3.11's parser.
    ...["--workers", "1"],
    ...["--checks", CHECKS.join(","), ...OPTIONS],
  ];
  const child = spawn(inject("schemathesis"), run, { cwd: folder.path, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  const [code] = await once(child, "close");
  expect(code, output.slice(-20_000)).toBe(0);
  console.log(output.slice(output.indexOf("API Operations:")));
  expect(answeredWith(stack.stderr(), 200)).toEqual(Object.keys(SOURCE_TRAITS).toSorted());
  expect(answeredWith(stack.stderr(), 204)).toEqual(["flagbridge"]);
});

/** The connections that had a request answered so: a run in which every key is wrong would find nothing. */
function answeredWith(stderr: string, status: number): readonly string[] {
  const answered = answeredLines(stderr).filter((line) => line.status === status);
  return [...new Set(answered.flatMap(({ connection }) => connection ?? []))].toSorted();
}
