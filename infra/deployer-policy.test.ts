import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { actionsOf } from "../test/support/cloudformation-actions.ts";
import {
  documentedPolicies,
  matchesPattern,
  OWN_ACTIONS,
  type PolicyStatement,
  statementsOf,
  UNSEEN_ACTIONS,
} from "../test/support/deployer-policy.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { packagedTemplate, type Resource } from "../test/support/packaged-template.ts";

/**
 * The policies of docs/deploy.md against what `sls` calls, and what CloudFormation calls for the packaged template in the name of whoever
 * deploys: an action that is missing fails, and so does one that nobody needs.
 */

const require = createRequire(import.meta.url);
const { applyPlatform } = require("./platform.cjs");
const domain = require("./domain.cjs");
const encryption = require("./encryption.cjs");

const ACCOUNT = "123456789012";
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const [whole, added] = documentedPolicies().map((json) => ({ json, statements: statementsOf(json) }));
const standard = packagedTemplate(packagedProject(), "prod").resources;

type Resources = Readonly<Record<string, Resource>>;
type Call = { readonly action: string; readonly arn: string; readonly by: string };

/** The same stage with every parameter that asks more of whoever deploys. */
async function withEveryParameter(): Promise<Resources> {
  const parameters = { "param:kmsKeyArn": KEY, "param:domainName": "events.example.com" };
  const resolveVariable = async (name: string) =>
    Object.hasOwn(parameters, name) ? Object(parameters)[name] : name === "self:functions" ? {} : "given";
  const parts = [domain, encryption].map((part) => part.resources({ resolveVariable }));
  const made = (await Promise.all(parts)).map(({ Resources }) => Resources);
  const template = { Resources: structuredClone(Object.assign({}, standard, ...made)) };
  for (const { Type, Properties } of Object.values<Resource>(template.Resources)) {
    if (Type === "AWS::S3::Bucket") Properties.VersioningConfiguration = { Status: "Enabled" };
    if (Type === "AWS::Lambda::Function") Properties.ReservedConcurrentExecutions = 10;
    if (Type === "AWS::SecretsManager::Secret") Properties.KmsKeyId = KEY;
  }
  applyPlatform(template, {
    kmsKeyArn: KEY,
    permissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/boundary`,
    tracing: "Active",
  });
  return template.Resources;
}

/** What CloudFormation calls for these resources, and on what. */
function callsFor(resources: Resources): readonly Call[] {
  return Object.entries(resources).flatMap(([id, resource]) =>
    actionsOf(resource).flatMap((action) =>
      arnsOf(action, id, resource).map((arn) => ({ action, arn, by: `${resource.Type} ${id}` })),
    ),
  );
}

/** ARNs of the resource as the action knows it; CloudFormation makes up the names that the template leaves out. */
function arnsOf(action: string, id: string, { Type, Properties }: Resource): readonly string[] {
  const [service = ""] = action.split(":");
  const named = (property: string) => String(Properties[property] ?? `flagbridge-prod-${id}-1ABC2DEF3GHI`);
  if (service === "kms") return [KEY];
  if (NO_RESOURCE.has(action)) return ["*"];
  switch (Type) {
    case "AWS::ApiGatewayV2::DomainName":
    case "AWS::ApiGatewayV2::ApiMapping":
      return ["/domainnames", "/domainnames/events.example.com"].map((path) => API + path);
    case "AWS::Lambda::EventSourceMapping":
      return [
        `arn:aws:lambda:eu-west-1:${ACCOUNT}:event-source-mapping:1234abcd-12ab-34cd-56ef-1234567890ab`,
      ];
    case "AWS::CloudWatch::Dashboard":
      return [`arn:aws:cloudwatch::${ACCOUNT}:dashboard/${named("DashboardName")}`];
    default:
  }
  switch (service) {
    case "apigateway":
      return ["/apis", "/apis/a1b2c3d4", "/apis/a1b2c3d4/stages/$default"].map((path) => API + path);
    case "cloudwatch":
      return [`arn:aws:cloudwatch:eu-west-1:${ACCOUNT}:alarm:${named("AlarmName")}`];
    case "dynamodb":
      return [`arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/${named("TableName")}`];
    case "events":
      return [`arn:aws:events:eu-west-1:${ACCOUNT}:rule/${named("Name")}`];
    case "iam":
      return [`arn:aws:iam::${ACCOUNT}:role/flagbridge-prod-${id}-1ABC2DEF3GHI`];
    case "lambda":
      return [
        `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:${Type === "AWS::Lambda::Function" ? named("FunctionName") : "flagbridge-prod-ingest"}`,
      ];
    case "logs":
      return [`arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:${named("LogGroupName")}:log-stream:`];
    case "s3":
      return [
        `arn:aws:s3:::flagbridge-prod-serverlessdeploymentbucket-1abc2def3ghi${action === "s3:GetObject" ? "/serverless/flagbridge/prod/1/ingest.zip" : ""}`,
      ];
    case "secretsmanager":
      return [`arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${named("Name")}-AbCdEf`];
    case "sqs":
      return [`arn:aws:sqs:eu-west-1:${ACCOUNT}:${named("QueueName")}`];
  }
  throw new Error(`${action}: say in infra/deployer-policy.test.ts what its resource looks like`);
}

const API = "arn:aws:apigateway:eu-west-1::";

/**
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html, and list_awslambda.html. Alarms are
 * described by a list of names: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
const NO_RESOURCE: ReadonlySet<string> = new Set([
  "cloudwatch:DescribeAlarms",
  "lambda:CreateEventSourceMapping",
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:GetLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
]);

const allows = (statements: readonly PolicyStatement[], { action, arn }: Call) =>
  statements.some(
    ({ Action, Resource }) =>
      Action.some((one) => matchesPattern(one, action)) && Resource.some((one) => matchesPattern(one, arn)),
  );

const missing = (statements: readonly PolicyStatement[], calls: readonly Call[]) =>
  calls
    .filter((call) => !allows(statements, call))
    .map(({ action, arn, by }) => `${by}: ${action} on ${arn}`);

/** Every action of the statements that is none of these. */
const needless = (statements: readonly PolicyStatement[], actions: Iterable<string>) => {
  const needed = [...actions];
  return statements
    .flatMap(({ Action }) => Action)
    .filter((pattern) => !needed.some((action) => matchesPattern(pattern, action)));
};

const own = [...Object.keys(OWN_ACTIONS), ...Object.keys(UNSEEN_ACTIONS)];
const actionsIn = (calls: readonly Call[]) => calls.map(({ action }) => action);

describe("the policy of the deploying role", () => {
  test("allows every call that CloudFormation makes for the packaged template, on its resource", () => {
    expect(missing(whole?.statements ?? [], callsFor(standard))).toEqual([]);
  });

  test("allows every action that sls and the commands of the page call", () => {
    const actions = (whole?.statements ?? []).flatMap(({ Action }) => Action);
    expect(own.filter((action) => !actions.some((one) => matchesPattern(one, action)))).toEqual([]);
  });

  test("allows no action that nobody needs", () => {
    expect(needless(whole?.statements ?? [], [...own, ...actionsIn(callsFor(standard))])).toEqual([]);
  });

  test("needs AccessLogDelivery for the access log and for nothing else", () => {
    const { HttpApiLogGroup: _, HttpApiStage, ...others } = standard;
    if (HttpApiStage === undefined) throw new Error("the template has no stage of the API");
    const { AccessLogSettings: __, ...Properties } = HttpApiStage.Properties;
    const without = (whole?.statements ?? []).filter(({ Sid }) => Sid !== "AccessLogDelivery");
    expect(without).toHaveLength((whole?.statements.length ?? 0) - 1);
    expect(missing(without, callsFor({ ...others, HttpApiStage: { ...HttpApiStage, Properties } }))).toEqual(
      [],
    );
  });
});

describe("the policy of what parameters add", () => {
  test("allows with the other every call for a template with all of them", async () => {
    const statements = [...(whole?.statements ?? []), ...(added?.statements ?? [])];
    expect(missing(statements, callsFor(await withEveryParameter()))).toEqual([]);
  });

  test("allows no action that nobody needs", async () => {
    const calls = actionsIn(callsFor(await withEveryParameter()));
    // What sls asks IAM before it packages.
    expect(needless(added?.statements ?? [], [...calls, "iam:GetPolicy"])).toEqual([]);
  });
});

test("each of the policies is one that IAM takes as a managed policy", () => {
  for (const one of [whole, added]) {
    const policy = JSON.parse(one?.json ?? "");
    expect(policy.Version).toBe("2012-10-17");
    expect(new Set(one?.statements.map(({ Sid }) => Sid)).size).toBe(one?.statements.length);
    for (const { Sid } of one?.statements ?? []) expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: blanks are not counted
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6_144);
  }
});
