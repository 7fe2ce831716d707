import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DeployedStack, startDeployedStack } from "../test/support/deployed-stack.ts";
import { cloneProject } from "../test/support/packaged-project.ts";
import { pluginInput } from "../test/support/sls-plugin.ts";

const RemovedQueuesPlugin = createRequire(import.meta.url)("./removed-queues-plugin.cjs");

const DEPLOY = "before:aws:deploy:deploy:createStack";
const ROLLBACK = "before:rollback:rollback";
const REMOVE = "before:remove:remove";
const STAGING = { id: "StagingQueue", name: "flagbridge-prod-metric-events-staging" };
const STAGING_DEAD = { id: "StagingDeadLetters", name: `${STAGING.name}-dead-letters` };
const PRODUCTION = { id: "ProductionQueue", name: "flagbridge-prod-metric-events-production" };

let stack: DeployedStack;
beforeEach(async () => {
  stack = await startDeployedStack();
  for (const [name, value] of Object.entries(stack.environment)) vi.stubEnv(name, value);
  // A call that fails is to fail at once.
  vi.stubEnv("SLS_AWS_REQUEST_MAX_RETRIES", "0");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stack.stop();
});

/** The template that is about to be deployed, as far as the plugin reads it. */
const templateWith = (...queues: readonly { id: string; name: string }[]) => ({
  Resources: Object.fromEntries(
    queues.map(({ id, name }) => [id, { Type: "AWS::SQS::Queue", Properties: { QueueName: name } }]),
  ),
});

/** Runs a hook of the plugin, and gives what it wrote and why it stopped. */
async function guard(hook: string, { template = {}, goOn = false, options = {} }) {
  const custom = { removeQueuesWithMessages: goOn };
  const { serverless, log, written } = pluginInput({ options, custom, template });
  const { hooks } = new RemovedQueuesPlugin(serverless, {}, { log });
  hooks.initialize();
  const stopped = await hooks[hook]().then(
    () => undefined,
    (error: unknown) => String(Object(error).message),
  );
  return { stopped, written: written() };
}

describe("a deploy that would delete queues", () => {
  test("with messages stops and says of each queue what waits, is in flight and is dead, and what to do", async () => {
    stack.addQueue({ ...STAGING, messages: 3 });
    stack.addQueue({ ...STAGING_DEAD, messages: 2 });
    stack.addQueue({ ...PRODUCTION, messages: 1 });
    await stack.receive(STAGING.name);
    const { stopped } = await guard(DEPLOY, { template: templateWith(PRODUCTION) });
    expect(stopped).toContain("This deploy would delete 2 queues with the messages in there");
    expect(stopped).toContain(`${STAGING.name}: 2 wait, 1 in flight\n`);
    expect(stopped).toContain(`${STAGING_DEAD.name}: 2 dead\n`);
    expect(stopped).not.toContain(PRODUCTION.name);
    expect(stopped).toContain("docs/deploy.md#removing-a-destination");
    expect(stopped).toMatch(/purge-queue --queue-url http:\S+metric-events-staging\n/);
    expect(stopped).toContain("--param removeQueuesWithMessages=true");
  });

  test("with messages goes on where the parameter says so, and says what is lost", async () => {
    stack.addQueue({ ...STAGING, messages: 3 });
    const { stopped, written } = await guard(DEPLOY, { goOn: true });
    expect(stopped).toBeUndefined();
    expect(written).toContain(`${STAGING.name}: 3 wait`);
  });

  test("without messages goes on, and says that the count is not of this moment", async () => {
    stack.addQueue(STAGING);
    const { stopped, written } = await guard(DEPLOY, {});
    expect(stopped).toBeUndefined();
    expect(written).toContain("can be a minute old");
  });

  test.each([
    ["another name of the same resource", { ...STAGING, name: "flagbridge-prod-metric-events-test" }],
    ["another resource of the same name", { ...STAGING, id: "OtherQueue" }],
  ])("by %s stops", async (_name, queue) => {
    stack.addQueue({ ...STAGING, messages: 1 });
    expect((await guard(DEPLOY, { template: templateWith(queue) })).stopped).toContain(STAGING.name);
  });

  test("that somebody has deleted by hand goes on", async () => {
    stack.addQueue({ ...STAGING, messages: 1 });
    stack.deleteQueue(STAGING.name);
    expect((await guard(DEPLOY, {})).stopped).toBeUndefined();
  });

  test("that may not be looked into stops, and names the right", async () => {
    stack.addQueue(STAGING);
    stack.denyQueue(STAGING.name);
    const { stopped } = await guard(DEPLOY, {});
    expect(stopped).toContain(`${STAGING.name}: AccessDenied`);
    expect(stopped).toContain("allow sqs:GetQueueAttributes");
  });

  test("of a stack that may not be listed stops, and names the right", async () => {
    stack.failListing({ code: "AccessDenied", message: "no" });
    const { stopped } = await guard(DEPLOY, {});
    expect(stopped).toContain("allow cloudformation:ListStackResources on stack flagbridge-prod");
    expect((await guard(DEPLOY, { goOn: true })).stopped).toBeUndefined();
  });
});

describe("a deploy that deletes no queue", () => {
  test("asks no queue, whatever is in it", async () => {
    stack.addQueue({ ...PRODUCTION, messages: 1 });
    const { stopped, written } = await guard(DEPLOY, { template: templateWith(PRODUCTION, STAGING) });
    expect({ stopped, written }).toEqual({ stopped: undefined, written: "" });
  });

  test("because it is the first goes on", async () => {
    stack.failListing({ code: "ValidationError", message: "Stack with id flagbridge-prod does not exist" });
    expect(await guard(DEPLOY, {})).toEqual({ stopped: undefined, written: "" });
  });
});

test("a removal of a stage deletes every queue, so it stops for any", async () => {
  stack.addQueue({ ...PRODUCTION, messages: 1 });
  const { stopped } = await guard(REMOVE, { template: templateWith(PRODUCTION) });
  expect(stopped).toContain("This remove would delete a queue");
  expect(stopped).toContain("docs/deploy.md#remove");
  expect((await guard(REMOVE, { goOn: true })).stopped).toBeUndefined();
});

describe("a rollback", () => {
  const folder = "serverless/flagbridge/prod/1767225600000-2026-01-01T00:00:00.000Z";
  const toThen = { options: { timestamp: "1767225600000" } };
  beforeEach(() => stack.addQueue({ ...STAGING, messages: 1 }));
  const store = (...queues: readonly { id: string; name: string }[]) =>
    stack.putObject(
      `${folder}/compiled-cloudformation-template.json`,
      JSON.stringify(templateWith(...queues)),
    );

  test("to a template without a queue that holds messages stops", async () => {
    store();
    expect((await guard(ROLLBACK, toThen)).stopped).toContain("This rollback would delete a queue");
  });

  test("to a template with all queues goes on", async () => {
    store(STAGING);
    expect((await guard(ROLLBACK, toThen)).stopped).toBeUndefined();
  });

  test("to what is not there is left to sls, which says so", async () => {
    expect((await guard(ROLLBACK, toThen)).stopped).toBeUndefined();
    expect((await guard(ROLLBACK, { options: {} })).stopped).toBeUndefined();
  });
});

describe("the command sls deploy", { timeout: 240_000 }, () => {
  const CONNECTIONS = `launchdarkly:
  production: { clientSideId: id, secret: launchdarkly }
connections:
  own-code: { source: flagbridge, secret: own-code, audiences: { to: [production] } }
`;

  test("stops before anything is uploaded or changed, and with the parameter goes on", async () => {
    stack.addQueue({ ...STAGING, messages: 1 });
    const clone = cloneProject();
    try {
      writeFileSync(join(clone.directory, "connections.yml"), CONNECTIONS);
      const deploy = (...options: readonly string[]) =>
        clone
          .sls(["deploy", "--stage", "prod", ...options], {
            ...stack.environment,
            SLS_AWS_REQUEST_MAX_RETRIES: "0",
          })
          .then(
            () => "deployed",
            (error: unknown) => `${Object(error).stdout}${Object(error).stderr}`,
          );
      expect(await deploy()).toContain(`${STAGING.name}: 1 wait`);
      const changing = (call: string) => !/ListStackResources|GetCallerIdentity/.test(call);
      expect(stack.calls().filter(changing)).toEqual([]);

      // The first run has packaged the project, and the guard asks again whatever was packaged.
      const goOn = ["--package", ".serverless", "--param", "removeQueuesWithMessages=true"];
      expect(await deploy(...goOn)).toContain("going on all the same");
      // The next that sls does, which is what the test's CloudFormation does not know.
      expect(stack.calls()).toContain("CloudFormation.DescribeStacks");
    } finally {
      clone.remove();
    }
  });
});
