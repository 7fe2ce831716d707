import { describe, expect, test } from "vitest";
import { connectionsFile } from "../lib/connections/schema.ts";
import { ERASER, FUNCTION_NAMES } from "../test/support/function-names.ts";
import { stackAddresses as stack } from "../test/support/stack-addresses.ts";
import { readDeclarations, triggerOf } from "./declared-functions.ts";
import { bundledFunctions } from "./functions.ts";
import { LEFT_OUT, LOCAL_VALUES, localVariables } from "./local-variables.ts";
import { StartProblem } from "./problem.ts";

const erasing = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "id", secret: "launchdarkly" } },
  connections: { own: { source: "flagbridge", secret: "own", erasures: true } },
});
const functions = bundledFunctions("dist", erasing);
const declared = readDeclarations().functions;
const place = "functions/own/function.yml";

test("the eraser is here only where a connection takes erasure requests", () => {
  const others = bundledFunctions("dist", { connections: {} });
  expect(others.map(({ name }) => name).sort()).toEqual([...FUNCTION_NAMES].sort());
});

test("every function of the bundle is here, by its name and its bundle", () => {
  expect(functions.map(({ name, file }) => [name, file]).sort()).toEqual(
    [...FUNCTION_NAMES, ERASER].sort().map((name) => [name, `dist/${name}.cjs`]),
  );
});

test("each has the trigger and the batches of the template", () => {
  const queue = { kind: "queue", queues: [], batchSize: 10_000, concurrency: 2 };
  expect(Object.fromEntries(functions.map(({ name, trigger }) => [name, trigger]))).toEqual({
    ingest: { kind: "http" },
    "audience-batcher": queue,
    "metric-forwarder": queue,
    "posthog-forwarder": { ...queue, longestWindowSeconds: 0.25 },
    "audit-log-sweeper": { kind: "schedule", everyMs: 1_000 },
    eraser: { ...queue, queues: ["flagbridge-local-erasures"], batchSize: 10 },
  });
});

test.each(declared)("$name has every variable that is declared for it", ({ name, variables }) => {
  const here = functions.find((one) => one.name === name)?.variables(stack) ?? {};
  expect(Object.keys(variables).filter((variable) => !(variable in here))).toEqual([...LEFT_OUT]);
});

test("a variable with another value here is one that some function has", () => {
  const all = new Set(declared.flatMap(({ variables }) => Object.keys(variables)));
  expect([...Object.keys(LOCAL_VALUES), ...LEFT_OUT].filter((variable) => !all.has(variable))).toEqual([]);
});

describe("a variable of a function.yml", () => {
  /** As serverless.yml writes what it takes from elsewhere. */
  const placeholder = (from: string) => `\${${from}}`;
  const hereOf = (value: unknown) =>
    localVariables({ name: "own", place, variables: { OWN: value } }, { logLevel: "INFO" })(stack).OWN;

  test.each([
    ["text as it is", "10000", "10000"],
    ["a number as text", 7, "7"],
    ["the name of a local table for a reference to one", { Ref: "ReplaysTable" }, "local-replays"],
    [
      "the local service, stage and parameters in text",
      ["self:service", "sls:stage", "param:logLevel"].map(placeholder).join("/"),
      "flagbridge/local/INFO",
    ],
  ])("is %s", (_is, written, here) => {
    expect(hereOf(written)).toBe(here);
  });

  test.each([
    ["a reference to what is not here", { Ref: "Bucket" }, '{"Ref":"Bucket"}'],
    ["an attribute", { "Fn::GetAtt": ["LedgerTable", "Arn"] }, '{"Fn::GetAtt":["LedgerTable","Arn"]}'],
    ["a parameter that is not there", placeholder("param:other"), `"${placeholder("param:other")}"`],
    ["nothing", null, "null"],
  ])("stops the start when it is %s", (_is, written, shown) => {
    expect(() => hereOf(written)).toThrow(
      new StartProblem(
        `${place}: the local stack has no value for the variable OWN, which is ${shown}: expected text, or a Ref to ` +
          "LedgerTable, CursorsTable, ReplaysTable. Give it a local value in dev/local-variables.ts.",
      ),
    );
  });

  test("is named beside every other that stops the start", () => {
    const variables = { BUCKET: { Ref: "Bucket" }, TOPIC: { Ref: "Topic" }, FINE: "1" };
    expect(() => localVariables({ name: "own", place, variables }, {})).toThrow(/BUCKET.*\n.*TOPIC/);
  });
});

test.each([
  [["s3"], "s3"],
  [["httpApi", "schedule"], "httpApi, schedule"],
  [[], "no event"],
])("a function that %j invoke stops the start", (events, shown) => {
  expect(() => triggerOf({ name: "own", place, events, settings: { maximumConcurrency: 2 } })).toThrow(
    `${place}: the local stack does not know what invokes own (found ${shown}): expected one event that is httpApi or schedule`,
  );
});
