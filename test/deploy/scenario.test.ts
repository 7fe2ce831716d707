import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, openAccount, SERVICE, STAGE } from "../../dev/emulated/deployment.ts";
import type { Project } from "../../dev/emulated/project.ts";
import { OWN_ACTIONS } from "../support/deployer-policy.ts";
import { type Clients, openClients } from "./clients.ts";
import { createDeployer, deployersActions, refusedCalls } from "./deployer.ts";
import { killFunction } from "./kill-function.ts";
import { copyOlderVersion, hasOlderVersion, OLDER_COMMIT } from "./older-version.ts";
import { operatorSteps } from "./operator-steps.ts";
import { platformParameters } from "./platform-parameters.ts";
import { sandboxAt } from "./sandbox.ts";
import { EMULATED_FOLDER, virtualEnvironment } from "./virtual-environment.ts";

/** One deployment from the first `sls deploy` to `sls remove`: each test is a step that builds on those before it. */

const STACK = `${SERVICE}-${STAGE}`;
const patiently = { timeout: 60_000, interval: 200 };
const isOlderVersionHere = await hasOlderVersion();

let account: Account;
let clients: Clients;
let project: Project;
/** The variables that make `sls` the user who may do what docs/deploy.md says. */
let deployer: Readonly<Record<string, string>>;
let queues: readonly string[] = [];
let here: ReturnType<typeof sandboxAt>;

beforeAll(async () => {
  account = await openAccount({
    environment: virtualEnvironment(),
    parent: EMULATED_FOLDER,
    port: 0,
    emulatorPort: 0,
  });
  clients = openClients(account);
  here = sandboxAt(account.url);
  deployer = await createDeployer(account);
  project = await account.project("project", { variables: deployer });
});

afterAll(async () => {
  clients?.close();
  await account?.stop();
});

const sls = (command: string) => project.sls([...command.split(" "), "--stage", STAGE]);

/** Whatever was accepted has had its whole effect. */
async function untilQuiet(): Promise<void> {
  for (let calm = 0; calm < 3; ) {
    await expect.poll(() => clients.messagesIn(queues), patiently).toBe(0);
    calm += 1;
  }
}

async function membersOf(id: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const segments = (await here.segments()).filter((segment) => segment.id === id);
  return Object.fromEntries(
    segments.map(({ environmentId, members }) => [environmentId, [...members].sort()]),
  );
}

const inBoth = (members: readonly string[]) => ({
  "emulated-production": members,
  "emulated-staging": members,
});

async function memoryOfIngest(): Promise<string> {
  const name = ["--function-name", `${STACK}-ingest`, "--query", "MemorySize"];
  return account.aws(["lambda", "get-function-configuration", ...name]);
}

describe("a deployment", () => {
  test("is made by sls deploy with the rights of docs/deploy.md", async () => {
    const { stderr } = await sls("deploy");
    expect(stderr).toContain(`Service deployed to stack ${STACK}`);
    queues = (await clients.queueNames()).filter((name) => !name.endsWith("-dead-letters"));
    expect(queues).not.toEqual([]);
    await account.openApi();
  });

  test("answers 503 until its secrets have a value, and takes requests once they have", async () => {
    const body = JSON.stringify({ userId: "ana", event: "Too early" });
    const send = () =>
      fetch(`${account.url}/v1/track`, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          authorization: `Basic ${Buffer.from("dev-write-key:").toString("base64")}`,
        },
      });
    const early = await send();
    expect(early.status).toBe(503);
    expect(await early.json()).toMatchObject({ code: "misconfigured" });
    await account.fillSecrets();
    await expect.poll(async () => (await send()).status, patiently).toBe(200);
  });

  test("brings what an SDK, a webhook and LaunchDarkly send to LaunchDarkly and PostHog, each once", async () => {
    await here.identify("ana", true);
    await here.track("ana", "Order Completed", 12.5);
    await here.signedWebhook({ type: "track", userId: "ben", event: "Signed Up", messageId: "webhook-1" });
    await here.ownCode({
      audienceOperations: [{ segment: { id: "beta" }, contextKey: "ben", action: "add" }],
      metricEvents: [{ key: "Shipped", contextKeys: { user: "ben" }, value: 3 }],
    });
    const { _id } = await here.toggle("checkout");
    await untilQuiet();

    expect(await membersOf("aud_vip")).toEqual(inBoth(["ana"]));
    expect(await membersOf("beta")).toEqual({ "emulated-production": ["ben"] });
    const { events, received, distinct } = await here.metricEvents();
    const seen = events.map(({ environmentId, key, metricValue }) => [environmentId, key, metricValue]);
    expect(seen.sort()).toEqual(
      [
        ["emulated-production", "Order Completed", 12.5],
        ["emulated-production", "Shipped", 3],
        ["emulated-production", "Signed Up", undefined],
        ["emulated-production", "Too early", undefined],
        ["emulated-staging", "Order Completed", 12.5],
        ["emulated-staging", "Signed Up", undefined],
        ["emulated-staging", "Too early", undefined],
      ].sort(),
    );
    expect([received, distinct]).toEqual([7, 7]);
    const posthog = await here.posthogEvents();
    const changes = posthog.events.map(({ event, project, properties }) => [
      event,
      project,
      Object(properties).launchDarklyEventId,
    ]);
    expect(changes.sort()).toEqual([
      ["launchdarkly.flag.updateOn", "main", _id],
      ["launchdarkly.flag.updateOn", "second", _id],
    ]);
  });

  operatorSteps({
    account: () => account,
    directory: () => project.directory,
    here: () => here,
    untilQuiet,
  });

  test("names a permissions boundary that does not exist before it packages anything", async () => {
    // Whoever deploys may ask for this one alone. It is made in the next step.
    const boundary = "arn:aws:iam::000000000000:policy/boundary";
    await expect(sls(`deploy --param permissionsBoundaryArn=${boundary}`)).rejects.toThrow(
      `permissionsBoundaryArn: IAM knows no policy ${boundary}`,
    );
  });

  test("keeps secrets and ledger when it is deployed again with all that a platform team sets", async () => {
    const ledger = await clients.ledger();
    expect(ledger).not.toEqual([]);
    const requests = await here.segmentRequests();
    const platform = await platformParameters(account);
    const { stderr } = await sls(["deploy", "memory=1536", ...platform].join(" --param "));
    expect(await memoryOfIngest()).toBe("1536");
    expect(stderr).toContain("CloudFormation takes this deploy back if one of these goes off");
    expect((await sls("info")).stdout).toContain("https://events.example.com");
    for (const [name, value] of Object.entries(account.secrets))
      expect(await clients.secret(name)).toEqual(value);
    expect(await clients.ledger()).toEqual(ledger);
    // What the ledger knows already reaches nobody a second time.
    await here.identify("ana", true, Date.now() - 60_000);
    await untilQuiet();
    expect(await here.segmentRequests()).toBe(requests);
  });

  test.skipIf(!isOlderVersionHere)(
    `reads the messages of an older version, and that one its own (skipped where ${OLDER_COMMIT} is not in the clone)`,
    async () => {
      const older = await account.project("older", { copy: copyOlderVersion, variables: deployer });
      await setConsuming("--no-enabled");
      await here.identify("newer-to-older", true);
      await here.track("newer-to-older", "Went back", 1);
      await older.sls(["deploy", "--stage", STAGE]);
      await setConsuming("--enabled");
      await untilQuiet();
      expect(await membersOf("aud_vip")).toEqual(inBoth(["ana", "newer-to-older"]));

      await setConsuming("--no-enabled");
      await here.identify("older-to-newer", true);
      await here.track("older-to-newer", "Went on", 1);
      await sls("deploy");
      await setConsuming("--enabled");
      await untilQuiet();
      expect(await membersOf("aud_vip")).toEqual(inBoth(["ana", "newer-to-older", "older-to-newer"]));
      const { events } = await here.metricEvents();
      expect(events.filter(({ key }) => key === "Went back" || key === "Went on")).toHaveLength(4);
    },
  );

  test("goes back to what was deployed before by sls rollback", async () => {
    await sls("deploy --param memory=2048");
    expect(await memoryOfIngest()).toBe("2048");
    const { stdout, stderr } = await sls("deploy list");
    const timestamps = [...`${stdout}${stderr}`.matchAll(/Timestamp: (\d+)/g)].map(([, at = ""]) => at);
    const previous = timestamps.at(-2);
    expect(previous).toBeDefined();
    await sls(`rollback --timestamp ${previous}`);
    expect(await memoryOfIngest()).not.toBe("2048");
    await here.identify("after-rollback", true);
    await untilQuiet();
    expect((await membersOf("aud_vip"))["emulated-production"]).toContain("after-rollback");
  });

  test("shows itself by sls info and its log by sls logs", async () => {
    const { stdout, stderr } = await sls("info --verbose");
    expect(`${stdout}${stderr}`).toMatch(/SegmentEngageWebhookUrl: https:\/\/.*\/c\/segment-engage/);
    const logs = await project.sls([
      ...["logs", "--stage", STAGE, "-f", "audience-batcher", "--startTime", "10m"],
      ...["--filter", '"audience.flushed"'],
    ]);
    expect(logs.stdout).toContain("audience.flushed");
  });

  test("counts an event once when its function is killed in the middle", async () => {
    for (const queue of queues.filter((name) => name.startsWith("metric-events")))
      await clients.setVisibility(queue, 5);
    const before = await here.metricEvents();
    // The requests are on their way when their faults are used up. They count later, when the function is gone and knows nothing of it.
    await here.faults([{ fault: "delay", ms: 4_000, on: "events", times: 2 }]);
    await here.track("ana", "Killed in the middle", 1);
    await expect.poll(() => here.faultsLeft(), patiently).toEqual([]);
    expect(await killFunction(account.emulator.pid, "metric-forwarder")).toBeGreaterThan(0);
    await untilQuiet();
    const after = await here.metricEvents();
    expect(after.distinct).toBe(before.distinct + 2);
    expect(after.received).toBeGreaterThan(after.distinct);
    expect(after.events.filter(({ key }) => key === "Killed in the middle")).toHaveLength(2);
  });

  test("asked for nothing that a policy refused: docs/deploy.md's, or that of a function's role", () => {
    expect(refusedCalls(account.emulator.callsFile)).toEqual([]);
  });

  test("is gone after sls remove, but for tables and secrets", async () => {
    await sls("remove");
    const stacks = ["--query", "Stacks[].StackName", "--output", "text"];
    expect(await account.aws(["cloudformation", "describe-stacks", ...stacks])).toBe("");
    expect(await clients.queueNames()).toEqual([]);
    expect(await clients.secret("own-code")).toEqual(account.secrets["own-code"]);
    expect(await clients.ledger()).not.toEqual([]);
    expect(refusedCalls(account.emulator.callsFile)).toEqual([]);
  });

  test("had sls ask for what test/support/deployer-policy.ts lists, and for what parameters have it look at", () => {
    const ofParameters = ["cloudwatch:DescribeAlarms", "iam:GetPolicy"];
    expect(deployersActions(account.emulator.callsFile)).toEqual(
      [...Object.keys(OWN_ACTIONS), ...ofParameters].sort(),
    );
  });
});

/** Starts or stops every function's reading of its queues. */
async function setConsuming(flag: "--enabled" | "--no-enabled"): Promise<void> {
  const list = await account.aws([
    ...["lambda", "list-event-source-mappings", "--query", "EventSourceMappings[].UUID", "--output", "text"],
  ]);
  await Promise.all(
    list.split(/\s+/).map((id) => account.aws(["lambda", "update-event-source-mapping", "--uuid", id, flag])),
  );
}
