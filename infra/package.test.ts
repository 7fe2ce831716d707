import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import {
  type Clone,
  cloneProject,
  packagedPaths,
  packagedResources,
  type Resource,
} from "../test/support/packaged-project.ts";

const functions = readdirSync(join(import.meta.dirname, "../functions"), { withFileTypes: true })
  .filter((folder) => folder.isDirectory())
  .map((folder) => folder.name);

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let clone: Clone;
let output: string;
let resources: Readonly<Record<string, Resource>>;

beforeAll(async () => {
  clone = cloneProject();
  const { stdout, stderr } = await clone.sls(["package", "--stage", "prod"]);
  output = stdout + stderr;
  resources = packagedResources(clone);
});

afterAll(() => clone.remove());

const ofType = (type: string): [string, Resource][] =>
  Object.entries(resources).filter(([, { Type }]) => Type === type);
const lambda = (name: string): Resource =>
  only(
    ofType("AWS::Lambda::Function").filter(
      ([, { Properties }]) => Properties.FunctionName === `flagbridge-prod-${name}`,
    ),
  );
const tableNamed = (name: string): Resource =>
  only(
    ofType("AWS::DynamoDB::Table").filter(
      ([, { Properties }]) => Properties.TableName === `flagbridge-prod-${name}`,
    ),
  );
const only = (found: readonly [string, Resource][]): Resource => {
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`expected one resource, found ${found.length}`);
  return first[1];
};

test("packaging says nothing that would worry anybody", () => {
  expect(output).not.toMatch(/warning|deprecat|error/i);
});

test("packaging without a connections.yml says that the example is packaged, and what comes before a deploy", () => {
  expect(output).toContain("cp connections.example.yml connections.yml");
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

describe.each(functions)("%s", (name) => {
  test("runs its own bundle on Node 24 and arm64", () => {
    expect(lambda(name).Properties).toMatchObject({
      Handler: `dist/${name}.handler`,
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
    });
  });

  test("is packaged with its bundle, its source map and the connections, and nothing else", () => {
    expect(packagedPaths(clone, name)).toEqual(
      ["dist/connections.json", `dist/${name}.cjs`, `dist/${name}.cjs.map`].sort(),
    );
  });

  test("has a role and a log with an end of its own", () => {
    const { Properties } = lambda(name);
    const roles = ofType("AWS::Lambda::Function").map(([, one]) => JSON.stringify(one.Properties.Role));
    expect(roles.filter((role) => role === JSON.stringify(Properties.Role))).toHaveLength(1);
    const log = ofType("AWS::Logs::LogGroup").filter(
      ([, group]) => group.Properties.LogGroupName === `/aws/lambda/flagbridge-prod-${name}`,
    );
    expect(only(log).Properties.RetentionInDays).toBe(90);
  });
});

describe("every queue", () => {
  test("keeps messages for 14 days and encrypts them", () => {
    for (const [, { Properties }] of ofType("AWS::SQS::Queue")) {
      expect(Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
    }
  });

  test("is a dead-letter queue or has one, which only a crash of every receive fills by itself", () => {
    const queues = ofType("AWS::SQS::Queue");
    const targets = queues.flatMap(([, { Properties }]) =>
      Properties.RedrivePolicy ? [redrive.parse(Properties.RedrivePolicy)] : [],
    );
    expect(targets.map(({ maxReceiveCount }) => maxReceiveCount)).toEqual(targets.map(() => 1_000));
    const deadLetterQueues = targets.map(({ deadLetterTargetArn }) => deadLetterTargetArn["Fn::GetAtt"][0]);
    const sources = queues.filter(([, { Properties }]) => Properties.RedrivePolicy).map(([id]) => id);
    expect([...sources, ...deadLetterQueues].sort()).toEqual(queues.map(([id]) => id).sort());
  });
});

describe("every queue's function", () => {
  const mappings = () =>
    ofType("AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => mapping.parse(Properties));

  test("answers message by message, in batches as large as Lambda hands over", () => {
    for (const one of mappings()) {
      expect(one).toMatchObject({ FunctionResponseTypes: ["ReportBatchItemFailures"], BatchSize: 10_000 });
    }
    // All but ingest and audit-log-sweeper, which no queue invokes.
    expect(mappings()).toHaveLength(functions.length - 2);
  });

  test("has its messages to itself for six times its timeout and the batching window", () => {
    for (const one of mappings()) {
      const queue = resources[one.EventSourceArn["Fn::GetAtt"][0]]?.Properties;
      const { Timeout } = z
        .object({ Timeout: z.number() })
        .parse(resources[one.FunctionName["Fn::GetAtt"][0]]?.Properties);
      const { VisibilityTimeout } = z.object({ VisibilityTimeout: z.number() }).parse(queue);
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout + one.MaximumBatchingWindowInSeconds);
    }
  });

  test("runs twice at a time: more would meet on the same segments", () => {
    for (const one of mappings()) expect(one.ScalingConfig).toEqual({ MaximumConcurrency: 2 });
  });
});

test.each(["ledger", "cursors"])(
  "the table %s is kept when the stack goes, restorable, paid by use",
  (name) => {
    const table = tableNamed(name);
    expect(table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(table.Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    });
  },
);

test("the ledger forgets by `expires`, and cursors never do", () => {
  const forgets = { AttributeName: "expires", Enabled: true };
  expect(tableNamed("ledger").Properties.TimeToLiveSpecification).toEqual(forgets);
  expect(tableNamed("cursors").Properties).not.toHaveProperty("TimeToLiveSpecification");
});

test("the sweeper is invoked every minute, and by nobody else's schedule", () => {
  const { Properties } = only(ofType("AWS::Events::Rule"));
  expect(Properties).toMatchObject({ ScheduleExpression: "rate(1 minute)", State: "ENABLED" });
  const sweeper = ofType("AWS::Lambda::Function").find(([, one]) => one === lambda("audit-log-sweeper"))?.[0];
  expect(JSON.stringify(Properties.Targets)).toContain(`"${sweeper}"`);
});

test("every method and path reaches ingest, as API Gateway's payload 2.0", () => {
  expect(ofType("AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties.RouteKey)).toEqual([
    "$default",
  ]);
  expect(only(ofType("AWS::ApiGatewayV2::Integration")).Properties).toMatchObject({
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
    ["ingest", [...log, "secretsmanager:BatchGetSecretValue", ...oneSecret, "sqs:SendMessage"]],
    ["audience-batcher", [...ledger, ...log, ...oneSecret, ...consume]],
    ["metric-forwarder", [...log, ...oneSecret, ...consume]],
    [
      "audit-log-sweeper",
      ["dynamodb:GetItem", "dynamodb:UpdateItem", ...log, ...oneSecret, "sqs:SendMessage"],
    ],
    ["posthog-forwarder", [...log, ...oneSecret, ...consume]],
  ])("%s allows what the function calls and nothing else", (name, actions) => {
    expect(
      statementsOf(name)
        .flatMap(({ Action }) => Action)
        .sort(),
    ).toEqual(actions);
  });

  test.each(functions)("%s names its resources, except for the one action that knows none", (name) => {
    for (const { Action, Resource } of statementsOf(name)) {
      expect(Action.some((action) => action.includes("*"))).toBe(false);
      if (Resource === "*") expect(Action).toEqual(["secretsmanager:BatchGetSecretValue"]);
    }
  });

  test.each(functions)("%s reads the secrets of its own stage only", (name) => {
    const reading = statementsOf(name).filter(({ Action }) =>
      Action.includes("secretsmanager:GetSecretValue"),
    );
    expect(JSON.stringify(reading.map(({ Resource }) => Resource))).toMatch(/:secret:flagbridge\/prod\/\*"/);
  });
});

const attribute = z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) });
const redrive = z.object({ maxReceiveCount: z.number(), deadLetterTargetArn: attribute });
const mapping = z.object({
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.unknown(),
  EventSourceArn: attribute,
  FunctionName: attribute,
});
const oneOrMore = z.union([z.string().transform((action) => [action]), z.array(z.string())]);
const role = z.object({
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.object({ Effect: z.literal("Allow"), Action: oneOrMore, Resource: z.unknown() }),
        ),
      }),
    }),
  ),
});

function statementsOf(name: string) {
  const { Role } = z.object({ Role: attribute }).parse(lambda(name).Properties);
  const { Policies } = role.parse(resources[Role["Fn::GetAtt"][0]]?.Properties);
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
