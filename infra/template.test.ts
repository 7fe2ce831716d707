import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { cloneProject, packagedFile } from "../test/support/packaged-project.ts";
import { attribute, only, packagedTemplate, type Template } from "../test/support/packaged-template.ts";

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** What the validator warns of and what stays as it is, with the reason. Errors have no such list. */
const ACCEPTED: Readonly<Record<string, string>> = {
  W3005: "osls writes DependsOn where a reference already says so: it changes nothing",
  W9013: "the ARNs of a topic and a key are the operator's: they may be of another account",
};

const project = packagedProject();
const template = packagedTemplate(project, "prod");

/** Errors and warnings of the validator, but for those accepted. */
function complaints({ path }: Template): string[] {
  const engine = new RegoEngine();
  try {
    return engine
      .validateStandard(new TemplateFile(path))
      .diagnostics.filter(({ severity }) => severity !== "INFO" && severity !== "DEBUG")
      .filter(({ severity, ruleId }) => severity !== "WARN" || !Object.hasOwn(ACCEPTED, ruleId))
      .map(({ ruleId, message, entity }) => `${ruleId} ${entity?.logicalId}: ${message}`);
  } finally {
    engine.free();
  }
}

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

describe("with every optional parameter set", () => {
  const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const boundary = "arn:aws:iam::123456789012:policy/platform/boundary";
  const topic = "arn:aws:sns:eu-west-1:123456789012:alarms";
  const certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab";
  const clone = cloneProject();
  let full: Template;
  let said = "";

  afterAll(() => clone.remove());

  beforeAll(async () => {
    const given = {
      kmsKeyArn: key,
      alarmTopicArn: topic,
      ingestReservedConcurrency: 20,
      consumerReservedConcurrency: 10,
      maximumConcurrency: 5,
      createSecrets: false,
      permissionsBoundaryArn: boundary,
      stackTags: "team=growth,cost-center=42",
      tracing: "Active",
      accessLog: "none",
      domainName: "events.example.com",
      certificateArn: certificate,
      deploymentBucketVersioning: true,
      sbom: "cyclonedx",
    };
    const options = Object.entries(given).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
    const { stdout, stderr } = await clone.sls(["package", "--stage", "full", ...options], {
      AWS_ENDPOINT_URL_IAM: "http://127.0.0.1:9",
    });
    said = stdout + stderr;
    full = packagedTemplate(clone, "full");
  });

  test("the validator finds nothing either", () => {
    expect(complaints(full)).toEqual([]);
  });

  test("queues are under the key, and every role may use it for what it does", () => {
    for (const [, { Properties }] of full.ofType("AWS::SQS::Queue"))
      expect(Properties).toMatchObject({ KmsMasterKeyId: key, SqsManagedSseEnabled: false });
    const roles = full.ofType("AWS::IAM::Role").map(([id]) => ({ Ref: id }));
    expect(only(full.ofType("AWS::IAM::Policy")).Properties).toMatchObject({
      Roles: expect.toSatisfy((named: unknown[]) => named.length === roles.length),
      PolicyDocument: { Statement: [{ Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: key }] },
    });
  });

  test("tables and log groups are under the key too", () => {
    for (const [, { Properties }] of full.ofType("AWS::DynamoDB::Table"))
      expect(Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: key });
    for (const [, { Properties }] of full.ofType("AWS::Logs::LogGroup"))
      expect(Properties.KmsKeyId).toBe(key);
  });

  test("a role that works with a table may have DynamoDB use the key, and no other role may", () => {
    const users = full
      .ofType("AWS::IAM::Role")
      .filter(([, { Properties }]) => JSON.stringify(Properties).includes("UseTheKeyOfTables"));
    expect(users.map(([id]) => id).sort()).toEqual([
      "AudienceBatcherRole",
      "AuditLogSweeperRole",
      "IngestRole",
    ]);
    for (const name of ["ingest", "audience-batcher", "audit-log-sweeper"])
      expect(full.statementsOf(name)).toContainEqual(
        expect.objectContaining({
          Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
          Resource: key,
        }),
      );
  });

  test("nothing logs requests and nothing may deliver such a log, where there is to be none", () => {
    expect(only(full.ofType("AWS::ApiGatewayV2::Stage")).Properties).not.toHaveProperty("AccessLogSettings");
    expect(full.ofType("AWS::Logs::LogGroup")).toHaveLength(FUNCTION_NAMES.length);
  });

  test("the API has its domain with its certificate and a mapping, and answers nowhere else", () => {
    const [[id, domain] = ["", undefined]] = full.ofType("AWS::ApiGatewayV2::DomainName");
    expect(domain?.Properties).toMatchObject({
      DomainName: "events.example.com",
      DomainNameConfigurations: [
        { CertificateArn: certificate, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2" },
      ],
    });
    expect(only(full.ofType("AWS::ApiGatewayV2::ApiMapping")).Properties).toEqual({
      ApiId: { Ref: "HttpApi" },
      DomainName: { Ref: id },
      Stage: { Ref: "HttpApiStage" },
    });
    expect(only(full.ofType("AWS::ApiGatewayV2::Api")).Properties.DisableExecuteApiEndpoint).toBe(true);
  });

  test("every output that is a URL of the API is under the domain, and one says where its DNS record points", () => {
    expect(full.outputs.HttpApiUrl?.Value).toBe("https://events.example.com");
    expect(full.outputs.SegmentEngageWebhookUrl?.Value).toBe("https://events.example.com/c/segment-engage");
    expect(JSON.stringify(full.outputs)).not.toContain("execute-api");
    expect(full.outputs.DomainTarget?.Value).toEqual({ "Fn::GetAtt": ["ApiDomain", "RegionalDomainName"] });
  });

  test("the deployment bucket keeps what was overwritten or deleted, for 90 days", () => {
    expect(only(full.ofType("AWS::S3::Bucket")).Properties).toMatchObject({
      VersioningConfiguration: { Status: "Enabled" },
      LifecycleConfiguration: {
        Rules: [{ Status: "Enabled", NoncurrentVersionExpiration: { NoncurrentDays: 90 } }],
      },
    });
  });

  test("a boundary that nobody can be asked about is said to be unchecked, with the right that it takes", () => {
    expect(said).toMatch(/permissionsBoundaryArn exists was not checked \(.*ECONNREFUSED.*iam:GetPolicy/);
  });

  test("the bill of materials names every package that a bundle has a part of, by function, and no other", () => {
    const read = (path: string) => JSON.parse(readFileSync(join(clone.directory, path), "utf8"));
    const bill = billOfMaterials.parse(read(".serverless/sbom.cdx.json"));
    const bundled: Record<string, string[]> = read("dist/packages.json");
    for (const name of FUNCTION_NAMES) {
      const listed = bill.components.filter(({ properties }) =>
        properties.some((one) => one.name === "flagbridge:function" && one.value === name),
      );
      expect(listed.map((one) => `${one.name}@${one.version}`).sort()).toEqual(bundled[name]);
      expect(bundled[name]).toContainEqual(expect.stringMatching(/^zod@\d/));
    }
    expect(bill.components.map(({ name }) => name)).not.toContain("osls");
    for (const { hashes, purl } of bill.components) {
      expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
      expect(purl).toMatch(/^pkg:npm\//);
    }
    expect(bill.metadata.component.name).toBe("flagbridge");
    const refs = [bill.metadata.component["bom-ref"], ...bill.components.map((one) => one["bom-ref"])];
    for (const { ref, dependsOn } of bill.dependencies)
      expect(refs).toEqual(expect.arrayContaining([ref, ...dependsOn]));
  });

  test("every role is within the boundary", () => {
    const roles = full.ofType("AWS::IAM::Role");
    expect(roles).toHaveLength(5);
    for (const [, { Properties }] of roles) expect(Properties.PermissionsBoundary).toBe(boundary);
  });

  test("every function is traced, and its role may send the traces", () => {
    for (const [, { Properties }] of full.ofType("AWS::Lambda::Function"))
      expect(Properties.TracingConfig).toEqual({ Mode: "Active" });
    for (const [, { Properties }] of full.ofType("AWS::IAM::Role"))
      expect(JSON.stringify(Properties.Policies)).toContain(
        '"Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":"*"',
      );
  });

  test("the stack has the tags, for all that is in it, and functions have them beside their own", () => {
    const state = z
      .object({ service: z.object({ provider: z.object({ stackTags: z.record(z.string(), z.string()) }) }) })
      .parse(JSON.parse(readFileSync(join(clone.directory, ".serverless/serverless-state.json"), "utf8")));
    expect(state.service.provider.stackTags).toEqual({ team: "growth", "cost-center": "42" });
    for (const [, { Properties }] of full.ofType("AWS::Lambda::Function"))
      expect(Properties.Tags).toEqual(
        expect.arrayContaining([
          { Key: "team", Value: "growth" },
          { Key: "cost-center", Value: "42" },
          { Key: "service", Value: "flagbridge" },
        ]),
      );
  });

  test("every alarm tells the topic when it begins and when it ends", () => {
    for (const [, { Properties }] of full.ofType("AWS::CloudWatch::Alarm"))
      expect(Properties).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
  });

  test("ingest has its concurrency to itself, the functions of large queues have more, and secrets are left alone", () => {
    expect(full.functionNamed("ingest").Properties.ReservedConcurrentExecutions).toBe(20);
    for (const consumer of ["audience-batcher", "metric-forwarder", "posthog-forwarder"])
      expect(full.functionNamed(consumer).Properties.ReservedConcurrentExecutions).toBe(10);
    const concurrency = full
      .ofType("AWS::Lambda::EventSourceMapping")
      .map(([id, { Properties }]) => [id.replace(/EventSource.*/, ""), Properties.ScalingConfig]);
    expect(Object.fromEntries(concurrency)).toEqual({
      AudienceDashbatcher: { MaximumConcurrency: 5 },
      MetricDashforwarder: { MaximumConcurrency: 5 },
      // PostHog's limit on annotations is divided by it.
      PosthogDashforwarder: { MaximumConcurrency: 2 },
    });
    expect(full.ofType("AWS::SecretsManager::Secret")).toEqual([]);
  });
});

const billOfMaterials = z.object({
  bomFormat: z.literal("CycloneDX"),
  metadata: z.object({ component: z.object({ name: z.string(), "bom-ref": z.string() }) }),
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      "bom-ref": z.string(),
      hashes: z.array(z.unknown()),
      properties: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

const redrive = z.object({ maxReceiveCount: z.number(), deadLetterTargetArn: attribute });
