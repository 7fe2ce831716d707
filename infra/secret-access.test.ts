import { createRequire } from "node:module";
import { expect, test } from "vitest";
import * as z from "zod";

const require = createRequire(import.meta.url);
const { narrowSecrets, secretsByRole } = require("./secret-access.cjs");

const WIDE = {
  Sid: "ReadSecretsOfThisStage",
  Effect: "Allow",
  Action: "secretsmanager:GetSecretValue",
  Resource: "arn:aws:secretsmanager:us-east-1:123456789012:secret:flagbridge/prod/*",
};
const LOG = { Sid: "WriteItsLog", Effect: "Allow", Action: "logs:PutLogEvents", Resource: "log" };
const ROLES = [
  "IngestRole",
  "AudienceBatcherRole",
  "MetricForwarderRole",
  "AuditLogSweeperRole",
  "PosthogForwarderRole",
];
const statement = z.object({ Sid: z.string(), Effect: z.string(), Resource: z.unknown() });
const role = z.object({
  Properties: z.object({
    Policies: z.tuple([z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) })]),
  }),
});

/** What the roles say after it, by role, and what was said to the operator. */
function narrowed(connections: object) {
  const resources = Object.fromEntries(
    ROLES.map((name) => [
      name,
      { Properties: { Policies: [{ PolicyDocument: { Statement: [LOG, structuredClone(WIDE)] } }] } },
    ]),
  );
  const { notices, problems } = narrowSecrets(resources, connections, { namePrefix: "flagbridge/prod/" });
  const statementsOf = (name: string) =>
    role.parse(resources[name]).Properties.Policies[0].PolicyDocument.Statement.slice(1);
  return { notices, problems, statementsOf };
}

const secretsNamed = (start: string, count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${start}-${index}`, { secret: `${start}-${index}` }]),
  );

test("a function reads the secrets of its own kind, each once, and the sweeper those of what sweeps", () => {
  const connections = {
    launchdarkly: { eu: { secret: "ld" }, us: { secret: "ld" }, audit: { secret: "ld-audit" } },
    posthog: { main: { secret: "ph" } },
    connections: { shop: { secret: "shop" }, changes: { secret: "hook", sweep: { using: "audit" } } },
  };
  expect(secretsByRole(connections)).toEqual({
    IngestRole: ["shop", "hook"],
    AudienceBatcherRole: ["ld", "ld-audit"],
    MetricForwarderRole: ["ld", "ld-audit"],
    PosthogForwarderRole: ["ph"],
    AuditLogSweeperRole: ["ld-audit"],
  });
});

test("a function without a secret may read none", () => {
  const { statementsOf } = narrowed({
    launchdarkly: { eu: { secret: "ld" } },
    connections: { shop: { secret: "shop" } },
  });
  expect(statementsOf("PosthogForwarderRole")).toEqual([]);
  expect(statementsOf("AuditLogSweeperRole")).toEqual([]);
  expect(JSON.stringify(statementsOf("IngestRole"))).toContain(":secret:flagbridge/prod/shop-??????");
});

test("too many for IAM give way to all of the stage but those of other functions, which is said with its numbers", () => {
  const { notices, problems, statementsOf } = narrowed({
    launchdarkly: { eu: { secret: "ld" } },
    posthog: { main: { secret: "ph" } },
    connections: secretsNamed("connection", 300),
  });
  expect(problems).toEqual([]);
  expect(notices).toEqual([
    expect.stringMatching(/^IngestRole: .* 300 secrets by name has \d+ characters, and IAM takes 10240/),
  ]);
  const [allowed, denied] = statementsOf("IngestRole");
  expect(allowed).toMatchObject({ Effect: "Allow", Resource: WIDE.Resource });
  expect(denied).toMatchObject({ Effect: "Deny" });
  expect(JSON.stringify(denied?.Resource)).toMatch(/prod\/ld-\?{6}.*prod\/ph-\?{6}/);
  expect(JSON.stringify(statementsOf("AudienceBatcherRole"))).not.toContain("connection-1");
});

test("too many either way are refused, because the deploy would fail in its middle", () => {
  const { problems } = narrowed({
    launchdarkly: secretsNamed("environment", 300),
    connections: secretsNamed("connection", 300),
  });
  expect(problems[0]).toMatch(/^IngestRole: .* without the 300 of other functions it has \d+\. /);
});
