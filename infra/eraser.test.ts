import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EnvironmentError } from "../functions/environment.ts";
import { readEnvironment } from "../functions/eraser/env.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { type Clone, cloneProject, packagedPaths } from "../test/support/packaged-project.ts";
import { packagedTemplate, type Template } from "../test/support/packaged-template.ts";

/** What a connection with `erasures: true` adds to the template, and that nothing of it is there without one. */

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const example = readFileSync(join(import.meta.dirname, "../connections.example.yml"), "utf8");
const without = packagedTemplate(packagedProject(), "prod");
let clone: Clone;
let template: Template;

beforeAll(async () => {
  clone = cloneProject();
  const erasing = example.replace("    # erasures: true\n", "    erasures: true\n");
  expect(erasing).not.toBe(example);
  writeFileSync(join(clone.directory, "connections.yml"), erasing);
  await clone.sls(["package", "--stage", "prod", "--param", `kmsKeyArn=${KEY}`]);
  template = packagedTemplate(clone, "prod");
});

afterAll(() => clone.remove());

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-4111-8111-111111111111";

test("it is a function with its role and log, a queue with its dead-letter queue, what joins them, and their alarms", () => {
  const added = Object.keys(template.resources).filter((id) => !(id in without.resources));
  expect(added.sort()).toEqual(
    [
      ...[
        "EraserLambdaFunction",
        "EraserLogGroup",
        "EraserRole",
        "EraserErrorsAlarm",
        "EraserThrottlesAlarm",
      ],
      ...["ErasuresQueue", "ErasuresDeadLetterQueue", "EraserEventSourceMappingSQSEverywhere"],
      ...[
        "ErasuresDeadLettersAlarm",
        "ErasuresInFlightAlarm",
        "ErasuresWaitingAlarm",
        "ErasuresWaitingADayAlarm",
      ],
      // Of the key.
      "KmsKeyPolicy",
    ].sort(),
  );
  expect(packagedPaths(clone, "eraser")).toEqual([
    "dist/connections.json",
    "dist/eraser.cjs",
    "dist/eraser.cjs.map",
  ]);
});

test("without one nothing of it is there", () => {
  expect(JSON.stringify([without.resources, without.outputs])).not.toMatch(/eras(er|ures)/i);
});

test("the queue's messages belong to the function for six times its timeout and the longest batching window", () => {
  const { Timeout } = template.functionNamed("eraser").Properties;
  expect(template.resources.ErasuresQueue?.Properties).toMatchObject({
    QueueName: "flagbridge-prod-erasures",
    VisibilityTimeout: 6 * Number(Timeout) + 60,
  });
  expect(template.resources.EraserEventSourceMappingSQSEverywhere?.Properties).toMatchObject({
    ...{ BatchSize: 10, FunctionResponseTypes: ["ReportBatchItemFailures"] },
    ScalingConfig: { MaximumConcurrency: 2 },
  });
});

test("the function has every variable that it reads, and may use the key", () => {
  let problem = "";
  try {
    readEnvironment({}, "dist");
  } catch (error) {
    if (error instanceof EnvironmentError) problem = error.message;
  }
  const { Environment, RecursiveLoop } = template.functionNamed("eraser").Properties;
  expect(RecursiveLoop).toBe("Allow");
  for (const [, name = ""] of problem.matchAll(/\b([A-Z][A-Z0-9_]+): /g))
    expect(JSON.stringify(Environment)).toContain(`"${name}"`);
  expect(JSON.stringify(template.resources.KmsKeyPolicy)).toContain("EraserRole");
});

describe("the role", () => {
  const arnOf = (queue: string) => ({
    "Fn::Sub": `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:flagbridge-prod-${queue}`,
  });

  test("reads its own queue by name, and no dead letter of it", () => {
    const reading = template
      .statementsOf("eraser")
      .filter(({ Action }) => Action.includes("sqs:ReceiveMessage"))
      .flatMap(({ Resource }) => Resource);
    expect(reading).toEqual(["erasures", "audience-operations-*", "metric-events-*"].map(arnOf));
  });

  test("writes no entry of the ledger", () => {
    const ofTable = template
      .statementsOf("eraser")
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith("dynamodb:"));
    expect(ofTable).toEqual([
      "dynamodb:Scan",
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:UpdateItem",
    ]);
  });

  test("reads the secrets of LaunchDarkly alone, and ingest may send to the queue", () => {
    expect(JSON.stringify(template.statementsOf("eraser"))).toContain(
      "secret:flagbridge/prod/launchdarkly-production-",
    );
    expect(JSON.stringify(template.statementsOf("eraser"))).not.toContain("own-code");
    expect(JSON.stringify(template.statementsOf("ingest"))).toContain("flagbridge-prod-erasures");
  });
});

test("the dashboard has the function and the queue", () => {
  const body = JSON.stringify(template.resources.Dashboard);
  expect(body).toContain("flagbridge-prod-eraser");
  expect(body).toContain("flagbridge-prod-erasures");
});

test("the runbook has its alarms", () => {
  const runbook = readFileSync(join(import.meta.dirname, "../docs/runbook.md"), "utf8");
  for (const name of ["eraser-errors", "eraser-throttles"]) expect(runbook).toContain(`\`${name}\``);
});
