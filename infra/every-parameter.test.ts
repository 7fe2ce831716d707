import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { cloneProject } from "../test/support/packaged-project.ts";
import { only, packagedTemplate, type Template } from "../test/support/packaged-template.ts";
import { complaints } from "../test/support/template-complaints.ts";

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

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
