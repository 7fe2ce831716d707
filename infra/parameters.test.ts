import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { type Clone, cloneProject } from "../test/support/packaged-project.ts";
import { pluginInput } from "../test/support/sls-plugin.ts";

const ParametersPlugin = createRequire(import.meta.url)("./parameters-plugin.cjs");

const { parameterProblems } = createRequire(import.meta.url)("./parameters.cjs");

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000 });

let clone: Clone;
beforeEach(() => {
  clone = cloneProject();
});
afterEach(() => clone.remove());

/** What the check of the parameters says when it refuses these of the command line, which end each with its value. */
function refusal(...options: readonly string[]): string {
  const param = options.filter((option) => option !== "--param");
  const configuration = parse(readFileSync(join(clone.directory, "serverless.yml"), "utf8"));
  const { serverless, log } = pluginInput({ options: { param }, configuration });
  try {
    new ParametersPlugin(serverless, {}, { log });
  } catch (error) {
    return String(Object(error).message);
  }
  throw new Error("it was not refused");
}

/** What `sls package` says when it refuses. */
async function refusalOfSls(...options: readonly string[]): Promise<string> {
  const packaging = clone.sls(["package", "--stage", "prod", ...options]);
  const refused = await packaging.then(
    () => undefined,
    (error: unknown) => `${Object(error).stdout}${Object(error).stderr}`,
  );
  if (refused === undefined) throw new Error("it was packaged");
  return refused;
}

function rewrite(from: RegExp, to: string): void {
  const file = join(clone.directory, "serverless.yml");
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
}

test("every wrong parameter is named with its place, what was expected and what to type", async () => {
  rewrite(/( {2}prod:\n)/, "$1    logLevel: LOUD\n");
  const refused = await refusalOfSls(
    "--param",
    "memory=lots",
    "--param",
    "kmsKeyArn=alias/mine",
    "--param",
    "alarms=some",
    "--param",
    "stackTags=team",
    "--param",
    "tracing=on",
    "--param",
    "permissionsBoundaryArn=arn:aws:iam::123456789012:role/boundary",
    "--param",
    "accessLog=all",
    "--param",
    "domainName=https://events.example.com/",
    "--param",
    "certificateArn=arn:aws:iam::123456789012:server-certificate/events",
    "--param",
    "deploymentBucketVersioning=yes",
  );
  expect(refused).toContain('--param accessLog: expected requests or none, found "all"');
  expect(refused).toContain(
    "--param domainName: expected none, or a domain name in lower case without https://, a path or *, " +
      'found "https://events.example.com/"; for example --param domainName=events.example.com',
  );
  expect(refused).toContain(
    "--param certificateArn: expected none, or the ARN of a certificate of ACM, found",
  );
  expect(refused).toContain('--param deploymentBucketVersioning: expected true or false, found "yes"');
  expect(refused).toContain('--param tracing: expected Active or none, found "on"');
  expect(refused).toContain(
    '--param stackTags: expected none, or tags as name=value,name=value without quotes, found "team"',
  );
  expect(refused).toContain(
    "--param permissionsBoundaryArn: expected none, or the ARN of an IAM policy, found " +
      '"arn:aws:iam::123456789012:role/boundary"',
  );
  expect(refused).toContain(
    '--param memory: expected whole megabytes from 512 to 10240, found "lots"; for example --param memory=1024',
  );
  expect(refused).toContain(
    '--param alarms: expected each or together, found "some"; for example --param alarms=each',
  );
  expect(refused).toContain("--param kmsKeyArn: expected none, or the ARN of a KMS key (not of an alias)");
  expect(refused).toContain(
    'params.prod.logLevel in serverless.yml: expected DEBUG, INFO, WARN or ERROR, found "LOUD"; ' +
      'for example write there: "logLevel: INFO"',
  );
});

test("a parameter that is missing is named with the line to write", () => {
  rewrite(/ {4}memory: 1024\n/, "");
  expect(refusal()).toContain(
    "params.default.memory in serverless.yml: is missing, expected whole megabytes from 512 to 10240; " +
      'for example write there: "memory: 1024"',
  );
});

test("a parameter that does not exist is no default in silence", () => {
  expect(refusal("--param", "memroy=2048")).toMatch(/--param memroy: no such parameter; there are .*memory/);
});

test("a parameter without a value is no value", () => {
  expect(refusal("--param", "alarmTopicArn=")).toContain(
    '--param alarmTopicArn: expected none, or the ARN of an SNS topic, found ""',
  );
});

describe("of a domain and its certificate", () => {
  const domainName = "events.example.com";
  const certificateArn =
    "arn:aws:acm:eu-west-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab";
  const { params } = parse(readFileSync(join(import.meta.dirname, "../serverless.yml"), "utf8"));
  const problems = (own: object): string[] => parameterProblems("test", { ...params, test: own }, []);

  test("both or none is right", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ domainName, certificateArn })).toEqual([]);
  });

  test("one alone is refused with the name of the other", () => {
    expect(problems({ domainName })).toEqual([
      expect.stringMatching(
        /^params\.test\.certificateArn in serverless\.yml: domainName is given, .* the ARN of a certificate of ACM/,
      ),
    ]);
    expect(problems({ certificateArn })).toEqual([
      expect.stringMatching(/^params\.test\.domainName in serverless\.yml: certificateArn is given/),
    ]);
  });

  test.each(["events", "*.example.com", "Events.example.com", "events.example.com.", "-a.example.com"])(
    "%s is no domain that API Gateway and the outputs can name",
    (name) => {
      expect(problems({ domainName: name, certificateArn })).toHaveLength(1);
    },
  );
});

test("two connections that CloudFormation cannot tell apart are named", async () => {
  const connection = (name: string) =>
    `  ${name}: { source: flagbridge, secret: ${name}, audiences: { to: [staging] } }\n`;
  writeFileSync(
    join(clone.directory, "connections.yml"),
    "launchdarkly:\n  staging: { clientSideId: id, secret: launchdarkly }\n" +
      `connections:\n${connection("own-code")}${connection("own_code")}`,
  );
  expect(await refusalOfSls()).toContain('cannot tell "own_code" from another name like it');
});
