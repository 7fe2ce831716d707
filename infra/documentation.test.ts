import { execFile } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkSecrets } from "../lib/connections/check-secrets.ts";
import { destinationQueues, queueNameOf } from "../lib/connections/queues.ts";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { type Clone, cloneProject } from "../test/support/packaged-project.ts";
import { packagedTemplate, type Template } from "../test/support/packaged-template.ts";

/**
 * The documentation's commands: those that need no account are run, in their order, in a fresh clone. Of those that do,
 * what they name and what they store is compared with what would be deployed.
 */

const root = join(import.meta.dirname, "..");
const read = (page: string) => readFileSync(join(root, page), "utf8");
const pages = ["README.md", "infra/README.md", ...globSync("docs/*.md", { cwd: root })];
/** The commands of a text's `sh` blocks; a line that ends with a backslash goes on. */
const commandsIn = (text: string) =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .filter((line) => line !== ""),
  );

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let clone: Clone;
let template: Template;

beforeAll(() => {
  clone = cloneProject();
});

afterAll(() => clone.remove());

test.each(["README.md", "docs/deploy.md"])(
  "the commands of %s that need no account work in a clone",
  async (page) => {
    const local = commandsIn(read(page)).filter((command) =>
      /^(cp |npx flagbridge connections check |npx node cli\/|(AWS_\w+=\w+ )*npx sls package|openssl )/.test(
        command,
      ),
    );
    expect(local.length).toBeGreaterThanOrEqual(3);
    for (const command of local)
      await promisify(execFile)("sh", ["-c", command], {
        cwd: clone.directory,
        env: clone.environment,
      });
    // The last of them packages the stage of all other commands.
    template = packagedTemplate(clone, "prod");
  },
);

test("the connection that docs/deploy.md drains a destination with keeps its queues", async () => {
  const [, drain = ""] = /```yaml\n\s+(drain: .*)\n/.exec(read("docs/deploy.md")) ?? [];
  const file = join(clone.directory, "draining.yml");
  writeFileSync(
    file,
    `launchdarkly:\n  staging: { clientSideId: id, secret: launchdarkly }\nconnections:\n  ${drain}\n`,
  );
  const connections = await readConnectionsFile(file);
  if (!connections.ok) throw new Error(connections.problems.join("\n"));
  expect(destinationQueues(connections.connections).map(queueNameOf)).toEqual([
    "audience-operations-staging",
    "metric-events-staging",
  ]);
});

describe("the secrets that the documentation stores", () => {
  const stored = pages.flatMap((page) =>
    commandsIn(read(page)).flatMap((command) => {
      const [, name = "", json = ""] =
        /put-secret-value --secret-id flagbridge\/prod\/(\S+)\s+--secret-string '(\{.*\})'/.exec(command) ??
        [];
      return name === "" ? [] : [[page, name, json] as const];
    }),
  );

  test.each(stored)("of %s: %s has the shape that its function expects", async (_page, name, json) => {
    const connections = await readConnectionsFile(join(root, "connections.example.yml"));
    if (!connections.ok) throw new Error(connections.problems.join("\n"));
    // Signing secrets of Standard Webhooks and the like have a form of their own, which three dots have not.
    const secret = JSON.parse(json.replaceAll("…", "0123456789abcdef"));
    const problems = checkSecrets(connections.connections, { [name]: secret });
    expect(problems.filter((problem) => problem.startsWith(`${name}: `))).toEqual([]);
    expect(
      template.ofType("AWS::SecretsManager::Secret").map(([, { Properties }]) => Properties.Name),
    ).toContain(`flagbridge/prod/${name}`);
  });

  test("are among those that are deployed empty", () => {
    expect(stored.length).toBeGreaterThanOrEqual(4);
  });
});

test("every thing of the stack that a page names is deployed", () => {
  const deployed = JSON.stringify([template.resources, template.outputs]);
  const unknown = pages.flatMap((page) =>
    [...read(page).matchAll(/flagbridge-prod-([a-z0-9-]*[a-z0-9])/g)]
      .filter(([name]) => !deployed.includes(`"${name}"`))
      .map(([name]) => `${page}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test("every function that a page invokes or reads the log of is deployed", () => {
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/\bsls (?:logs|invoke)[^\n]* -f ([\w-]+)/g)].map(([, name = ""]) => name),
  );
  expect(named.length).toBeGreaterThan(5);
  for (const name of new Set(named)) expect(() => template.functionNamed(name)).not.toThrow();
});

test("every parameter that a command sets is one of serverless.yml", () => {
  const parameters = [...read("serverless.yml").matchAll(/^ {4}(\w+): /gm)].map(([, name = ""]) => name);
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/--param (\w+)=/g)].map(([, name = ""]) => name),
  );
  expect(named).not.toHaveLength(0);
  for (const name of named) expect(parameters).toContain(name);
});

const policiesIn = (page: string) =>
  [...read(page).matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = ""]) => JSON.parse(json));

test("the deploying role's policy is JSON that IAM takes, and creates every type of resource", () => {
  const [policy] = policiesIn("docs/deploy.md").filter((one) => one.Version === "2012-10-17");
  const statements: { Sid: string; Action: string | string[]; Resource: unknown }[] = policy.Statement;
  const actions = statements.flatMap(({ Action }) => Action);
  expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: of a managed policy, blanks not counted
  expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6_144);
  const services = { ApiGatewayV2: "apigateway" } as Record<string, string>;
  const types = Object.values(template.resources).map(({ Type }) => Type.split("::")[1] ?? "");
  expect(types.length).toBeGreaterThan(20);
  for (const type of types) {
    const service = services[type] ?? type.toLowerCase();
    expect(actions.filter((action) => action.startsWith(`${service}:`))).not.toEqual([]);
  }
});

test("the statement for the policy of a key lets CloudWatch Logs use it for every log group of the stage", () => {
  const [statement] = policiesIn("docs/deploy.md").filter(({ Principal }) => Principal !== undefined);
  expect(statement.Principal.Service).toBe("logs.eu-west-1.amazonaws.com");
  const patterns: string[] = statement.Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"];
  const groups = template
    .ofType("AWS::Logs::LogGroup")
    .map(([, { Properties }]) => `arn:aws:logs:eu-west-1:123456789012:log-group:${Properties.LogGroupName}`);
  const matches = (arn: string) =>
    patterns.filter((one) => (one.endsWith("*") ? arn.startsWith(one.slice(0, -1)) : arn === one));
  expect(groups.filter((arn) => matches(arn).length === 0)).toEqual([]);
  expect(new Set(groups.flatMap(matches))).toEqual(new Set(patterns));
});

test("LaunchDarkly's policies are JSON, with the actions that the example of the connections names", () => {
  const policies = policiesIn("docs/deploy.md").filter((policy) => Array.isArray(policy));
  const actions = policies.flat().flatMap((statement) => statement.actions);
  expect(actions.sort()).toEqual(["createSegment", "importEventData", "updateIncluded"]);
  for (const action of actions) expect(read("connections.example.yml")).toContain(action);
});
