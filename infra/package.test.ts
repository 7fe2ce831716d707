import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { EnvironmentError, readConsumerEnvironment } from "../functions/environment.ts";
import { QUEUE_VISIBILITY_MS } from "../lib/delivery/closed-batch.ts";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { cloneProject, packagedPaths } from "../test/support/packaged-project.ts";
import { attribute, only, packagedTemplate } from "../test/support/packaged-template.ts";

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const project = packagedProject();
const template = packagedTemplate(project, "prod");

test("packaging says nothing that would worry anybody", () => {
  expect(project.output).not.toMatch(/warning|deprecat|error/i);
});

test("packaging without a connections.yml says that the example is packaged, and what comes before a deploy", () => {
  expect(project.output).toContain("cp connections.example.yml connections.yml");
});

test("a connections.yml with problems is not packaged, and every problem is named", async () => {
  const broken = cloneProject();
  const text = "connections:\n  one: { source: nobody }\n  two: { audiences: 3 }\n";
  writeFileSync(join(broken.directory, "connections.yml"), text);
  await expect(broken.sls(["package"])).rejects.toMatchObject({
    stderr: expect.stringMatching(/connections\.one[\s\S]*connections\.two/),
  });
  broken.remove();
});

describe.each(FUNCTION_NAMES)("%s", (name) => {
  test("runs its own bundle on Node 24 and arm64", () => {
    expect(template.functionNamed(name).Properties).toMatchObject({
      Handler: `dist/${name}.handler`,
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
    });
  });

  test("is packaged with its bundle, its source map, the connections and what it serves, and nothing else", () => {
    const served = name === "ingest" ? ["dist/openapi.json"] : [];
    expect(packagedPaths(project, name)).toEqual(
      ["dist/connections.json", `dist/${name}.cjs`, `dist/${name}.cjs.map`, ...served].sort(),
    );
  });

  test("has every variable that its env.ts reads, and none that nothing reads", async () => {
    const { Environment } = z
      .object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) })
      .parse(template.functionNamed(name).Properties);
    const given = Object.keys(Environment.Variables).filter((variable) => !OTHERS_READ.test(variable));
    expect(given.sort()).toEqual((await variablesOf(name)).sort());
  });

  test("has a role and a log with an end of its own", () => {
    const { Properties } = template.functionNamed(name);
    const roles = template
      .ofType("AWS::Lambda::Function")
      .map(([, one]) => JSON.stringify(one.Properties.Role));
    expect(roles.filter((role) => role === JSON.stringify(Properties.Role))).toHaveLength(1);
    const log = template
      .ofType("AWS::Logs::LogGroup")
      .filter(([, group]) => group.Properties.LogGroupName === `/aws/lambda/flagbridge-prod-${name}`);
    expect(only(log).Properties.RetentionInDays).toBe(90);
  });
});

describe("every queue's function", () => {
  const mappings = () =>
    template.ofType("AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => mapping.parse(Properties));

  test("answers message by message, in batches as large as Lambda hands over", () => {
    for (const one of mappings()) {
      expect(one).toMatchObject({ FunctionResponseTypes: ["ReportBatchItemFailures"], BatchSize: 10_000 });
    }
    // One for each queue of the example: of all functions but ingest and audit-log-sweeper, which no queue invokes.
    expect(mappings()).toHaveLength(3);
    expect(new Set(mappings().map(({ FunctionName }) => JSON.stringify(FunctionName))).size).toBe(
      FUNCTION_NAMES.length - 2,
    );
  });

  test("has its messages to itself for six times its timeout and the longest batching window there may be", () => {
    for (const one of mappings()) {
      expect(one.MaximumBatchingWindowInSeconds).toBeLessThanOrEqual(LONGEST_WINDOW_SECONDS);
      const queue = template.resources[one.EventSourceArn["Fn::GetAtt"][0]]?.Properties;
      const { Timeout } = z
        .object({ Timeout: z.number() })
        .parse(template.resources[one.FunctionName["Fn::GetAtt"][0]]?.Properties);
      const { VisibilityTimeout } = z.object({ VisibilityTimeout: z.number() }).parse(queue);
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout + LONGEST_WINDOW_SECONDS);
    }
  });

  test("takes its queue to bring back by itself, and when it does, what a closed destination puts back", () => {
    for (const one of mappings())
      expect(template.resources[one.EventSourceArn["Fn::GetAtt"][0]]?.Properties.VisibilityTimeout).toBe(
        QUEUE_VISIBILITY_MS / 1_000,
      );
  });

  test("runs twice at a time: more would meet on the same segments", () => {
    for (const one of mappings()) expect(one.ScalingConfig).toEqual({ MaximumConcurrency: 2 });
  });
});

test("a function that sends to its own queue is not taken for a loop", () => {
  for (const name of ["audience-batcher", "metric-forwarder", "posthog-forwarder"])
    expect(template.functionNamed(name).Properties.RecursiveLoop).toBe("Allow");
});

test("a run of the sweeper that fails or comes late is not repeated: the next one reads on", () => {
  const config = only(template.ofType("AWS::Lambda::EventInvokeConfig")).Properties;
  expect(config).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  expect(JSON.stringify(config.FunctionName)).toContain("AuditDashlogDashsweeper");
});

test("the sweeper is invoked every minute, and by nobody else's schedule", () => {
  const { Properties } = only(template.ofType("AWS::Events::Rule"));
  expect(Properties).toMatchObject({ ScheduleExpression: "rate(1 minute)", State: "ENABLED" });
  const sweeper = template
    .ofType("AWS::Lambda::Function")
    .find(([, one]) => one === template.functionNamed("audit-log-sweeper"))?.[0];
  expect(JSON.stringify(Properties.Targets)).toContain(`"${sweeper}"`);
});

test("every method and path reaches ingest, as API Gateway's payload 2.0", () => {
  expect(
    template.ofType("AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties.RouteKey),
  ).toEqual(["$default"]);
  expect(only(template.ofType("AWS::ApiGatewayV2::Integration")).Properties).toMatchObject({
    PayloadFormatVersion: "2.0",
  });
});

describe("the role of", () => {
  const log = ["logs:CreateLogStream", "logs:PutLogEvents"];
  const oneSecret = ["secretsmanager:GetSecretValue"];
  const consume = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
  ];
  const ledger = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
  ];

  test.each([
    [
      "ingest",
      [
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        ...log,
        "secretsmanager:BatchGetSecretValue",
        ...oneSecret,
        "sqs:SendMessage",
      ],
    ],
    ["audience-batcher", [...ledger, ...log, ...oneSecret, ...consume]],
    ["metric-forwarder", [...log, ...oneSecret, ...consume]],
    [
      "audit-log-sweeper",
      ["dynamodb:GetItem", "dynamodb:UpdateItem", ...log, ...oneSecret, "sqs:SendMessage"],
    ],
    ["posthog-forwarder", [...log, ...oneSecret, ...consume]],
  ])("%s allows what the function calls and nothing else", (name, actions) => {
    expect(
      template
        .statementsOf(name)
        .flatMap(({ Action }) => Action)
        .sort(),
    ).toEqual(actions);
  });

  test.each(FUNCTION_NAMES)("%s names its resources, except for the one action that knows none", (name) => {
    for (const { Action, Resource } of template.statementsOf(name)) {
      expect(Action.some((action) => action.includes("*"))).toBe(false);
      if (Resource === "*") expect(Action).toEqual(["secretsmanager:BatchGetSecretValue"]);
    }
  });

  test.each(["ingest", "audit-log-sweeper"])("%s denies to send to a dead-letter queue", (name) => {
    const denials = template.denialsOf(name);
    expect(denials.map(({ Action }) => Action)).toEqual([["sqs:SendMessage"]]);
    for (const one of denials.flatMap(({ Resource }) => Resource))
      expect(one).toEqual({ "Fn::Sub": expect.stringMatching(/-\*-dead-letters$/) });
  });

  // Those of connections.example.yml. Of a sender's keys and the destinations' keys no function has both.
  test.each([
    ["ingest", ["segment-engage", "own-code", "warehouse-beta", "posthog-webhook", "launchdarkly-webhook"]],
    ["audience-batcher", ["launchdarkly-production"]],
    ["metric-forwarder", ["launchdarkly-production"]],
    ["audit-log-sweeper", ["launchdarkly-production"]],
    ["posthog-forwarder", ["posthog-main"]],
  ])("%s reads the secrets that its function needs and no other", (name, secrets) => {
    const reading = template
      .statementsOf(name)
      .filter(({ Action }) => Action.includes("secretsmanager:GetSecretValue"));
    expect(reading.flatMap(({ Resource }) => Resource)).toEqual(
      secrets.map((secret) => ({
        "Fn::Sub": `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:flagbridge/prod/${secret}-??????`,
      })),
    );
  });
});

/** As infra/parameters-plugin.cjs takes it. */
const LONGEST_WINDOW_SECONDS = 60;

/** Node's own, and those of Powertools' logger and metrics. */
const OTHERS_READ = /^(NODE_OPTIONS|POWERTOOLS_(SERVICE_NAME|METRICS_NAMESPACE|LOG_LEVEL))$/;

/** What a function misses when it is started with nothing: all that it reads and needs. */
async function variablesOf(name: string): Promise<string[]> {
  const hasOwn = existsSync(join(import.meta.dirname, "../functions", name, "env.ts"));
  const read = hasOwn
    ? (await import(`../functions/${name}/env.ts`)).readEnvironment
    : readConsumerEnvironment;
  try {
    read({}, "dist");
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [...error.message.matchAll(/\b([A-Z][A-Z0-9_]+): /g)].map(([, variable = ""]) => variable);
  }
  return [];
}

const mapping = z.object({
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.unknown(),
  EventSourceArn: attribute,
  FunctionName: attribute,
});
