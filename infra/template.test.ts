import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { packagedFile } from "../test/support/packaged-project.ts";
import { attribute, only, packagedTemplate } from "../test/support/packaged-template.ts";
import { complaints } from "../test/support/template-complaints.ts";

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const project = packagedProject();
const template = packagedTemplate(project, "prod");

test("CloudFormation's validator finds nothing that is not accepted with a reason", () => {
  expect(complaints(template)).toEqual([]);
});

test("what people read in the console is ASCII, which every service takes", () => {
  const read = [
    ...Object.values(template.resources).flatMap(({ Properties }) => [
      Properties.Description,
      Properties.AlarmDescription,
    ]),
    ...Object.values(template.outputs).map(({ Description }) => Description),
  ];
  for (const text of read) expect(String(text ?? "")).toMatch(/^[\x20-\x7e]*$/);
});

test("a role has no boundary unless a parameter names one", () => {
  for (const [, { Properties }] of template.ofType("AWS::IAM::Role"))
    expect(Properties).not.toHaveProperty("PermissionsBoundary");
});

test("nothing is traced unless a parameter says so", () => {
  expect(JSON.stringify(template.resources)).not.toMatch(/TracingConfig|xray:/);
});

test("nothing is under a key of the account's unless a parameter names one", () => {
  expect(JSON.stringify(template.resources)).not.toMatch(/kms/i);
});

test("the API has no domain of its own unless a parameter names one, and answers where every API does", () => {
  expect(template.ofType("AWS::ApiGatewayV2::DomainName")).toEqual([]);
  expect(only(template.ofType("AWS::ApiGatewayV2::Api")).Properties.DisableExecuteApiEndpoint).toBe(false);
  expect(JSON.stringify(template.outputs.HttpApiUrl?.Value)).toContain("execute-api");
});

test("the deployment bucket keeps no older versions unless a parameter says so", () => {
  expect(only(template.ofType("AWS::S3::Bucket")).Properties).not.toHaveProperty("VersioningConfiguration");
});

test("no function has concurrency set aside unless a parameter says so: a new account has none to spare", () => {
  for (const [, { Properties }] of template.ofType("AWS::Lambda::Function"))
    expect(Properties).not.toHaveProperty("ReservedConcurrentExecutions");
});

test("nobody can make what is uploaded public", () => {
  expect(only(template.ofType("AWS::S3::Bucket")).Properties.PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
});

describe("every queue", () => {
  const queues = () => template.ofType("AWS::SQS::Queue");

  test("keeps messages for 14 days and encrypts them", () => {
    for (const [, { Properties }] of queues()) {
      expect(Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
      expect(Properties).not.toHaveProperty("KmsMasterKeyId");
    }
  });

  test("is a dead-letter queue or has one, which only a crash of every receive fills by itself", () => {
    const targets = queues().flatMap(([, { Properties }]) =>
      Properties.RedrivePolicy ? [redrive.parse(Properties.RedrivePolicy)] : [],
    );
    expect(targets.map(({ maxReceiveCount }) => maxReceiveCount)).toEqual(targets.map(() => 1_000));
    const deadLetterQueues = targets.map(({ deadLetterTargetArn }) => deadLetterTargetArn["Fn::GetAtt"][0]);
    const sources = queues()
      .filter(([, { Properties }]) => Properties.RedrivePolicy)
      .map(([id]) => id);
    expect([...sources, ...deadLetterQueues].sort()).toEqual(
      queues()
        .map(([id]) => id)
        .sort(),
    );
  });

  test.each(["ingest", "audit-log-sweeper"])(
    "that is read by a function is there before %s sends to it",
    (name) => {
      const sources = queues().filter(([, { Properties }]) => Properties.RedrivePolicy);
      const { DependsOn = [] } = template.functionNamed(name);
      for (const [id] of sources) expect(DependsOn).toContain(id);
    },
  );

  test("refuses what does not come over TLS, whoever sends it, and allows nobody anything", () => {
    const { Queues, PolicyDocument } = z
      .object({
        Queues: z.array(z.object({ Ref: z.string() })),
        PolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
      })
      .parse(only(template.ofType("AWS::SQS::QueuePolicy")).Properties);
    expect(Queues.map(({ Ref }) => Ref).sort()).toEqual(
      queues()
        .map(([id]) => id)
        .sort(),
    );
    expect(PolicyDocument.Statement).toEqual([
      {
        Sid: "RefuseWhatIsNotTls",
        Effect: "Deny",
        Principal: "*",
        Action: "sqs:*",
        Resource: { "Fn::Sub": expect.stringMatching(/:flagbridge-prod-\*$/) },
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });

  test("has an output with its name", () => {
    const named = Object.values(template.outputs).map(({ Value }) => JSON.stringify(Value));
    for (const [id] of queues()) expect(named).toContain(`{"Fn::GetAtt":["${id}","QueueName"]}`);
  });
});

test("every table is paid by use and forgets by `expires`", () => {
  for (const [, table] of template.ofType("AWS::DynamoDB::Table")) {
    expect(table.Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    });
  }
  expect(template.ofType("AWS::DynamoDB::Table")).toHaveLength(3);
});

test("every table is kept when the stack goes, and restorable, but for the one of what is forgotten in days anyway", () => {
  for (const [id, table] of template.ofType("AWS::DynamoDB::Table")) {
    if (id === "ReplaysTable") {
      expect(table).toMatchObject({ DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" });
      continue;
    }
    expect(table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(table.Properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  }
});

describe("the HTTP API", () => {
  const stage = () => only(template.ofType("AWS::ApiGatewayV2::Stage")).Properties;

  test("takes so many requests a second and no more", () => {
    expect(stage().DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 500,
      ThrottlingBurstLimit: 1_000,
    });
  });

  test("logs a line of JSON per request, with nothing in it that the caller writes and no addresses", () => {
    const { Format } = z.object({ Format: z.string() }).parse(stage().AccessLogSettings);
    const logged = Object.values(JSON.parse(Format));
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
    // A method has no quotes. https://www.rfc-editor.org/rfc/rfc9110#name-tokens
    expect(logged).toEqual([
      "$context.requestId",
      "$context.requestTime",
      "$context.httpMethod",
      "$context.status",
      "$context.integrationStatus",
      "$context.responseLatency",
      "$context.responseLength",
      "$context.error.message",
      "$context.integrationErrorMessage",
    ]);
  });

  test("has a log with an end", () => {
    const logs = template
      .ofType("AWS::Logs::LogGroup")
      .filter(([, { Properties }]) => Properties.LogGroupName === "/aws/vendedlogs/http-api/flagbridge-prod");
    expect(only(logs).Properties.RetentionInDays).toBe(90);
  });
});

describe("what connections.yml names", () => {
  const secrets = () => template.ofType("AWS::SecretsManager::Secret").map(([, secret]) => secret);

  test("has a secret of its stage each, described and kept", async () => {
    const read = await readConnectionsFile(join(project.directory, "connections.example.yml"));
    if (!read.ok) throw new Error(read.problems.join("\n"));
    const { launchdarkly, posthog, connections } = read.connections;
    const named = [launchdarkly, posthog, connections].flatMap((part) => Object.values(part));
    expect(new Set(secrets().map(({ Properties }) => Properties.Name))).toEqual(
      new Set(named.map(({ secret }) => `flagbridge/prod/${secret}`)),
    );
    for (const secret of secrets()) {
      expect(secret).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
      expect(secret.Properties.Description).toMatch(/connections\.yml: \{"/);
    }
  });

  test("has no value in the template", () => {
    for (const { Properties } of secrets())
      expect(Object.keys(Properties).sort()).toEqual(["Description", "Name"]);
  });

  test("has the URL of its webhook as an output", () => {
    expect(template.outputs.SegmentEngageWebhookUrl?.Value).toEqual({
      "Fn::Sub": expect.stringMatching(/^https:\/\/\$\{HttpApi\}\.execute-api\..*\/c\/segment-engage$/),
    });
  });
});

describe("the outputs", () => {
  test("say which version is deployed", () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
    expect(template.outputs.Version?.Value).toBe(version);
  });

  test("have the digest of the connections as every function is packaged with them", () => {
    for (const name of FUNCTION_NAMES) {
      const connections = packagedFile(project, name, "dist/connections.json");
      expect(template.outputs.ConnectionsDigest?.Value).toBe(hash("sha256", connections));
    }
  });
});

const redrive = z.object({ maxReceiveCount: z.number(), deadLetterTargetArn: attribute });
