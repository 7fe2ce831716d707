import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckLine } from "../../operator/doctor/check.ts";
import { flagbridge } from "../support/flagbridge.ts";
import { SANDBOX, SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

/** Every writer and both routes of metrics, changes that are annotated, and a sweep. */
const CONNECTIONS = `
launchdarkly:
  production:
    clientSideId: client-side-id
    instance: ${SANDBOX_INSTANCE}
    project: default
    environment: production
    secret: launchdarkly-production
posthog:
  main: { host: "${SANDBOX}/posthog", projectId: "1", secret: posthog-main }
connections:
  lists:
    source: flagbridge
    secret: lists
    audiences: { to: [production], writer: list }
    metrics: { to: [production], route: import, only: [Order Completed] }
  bigs:
    source: flagbridge
    secret: bigs
    audiences: { to: [production], writer: big, contextKind: account }
  synced:
    source: segment
    secret: synced
    audiences: { to: [production] }
  flag-changes:
    source: launchdarkly
    secret: webhook
    posthog: { to: [main], annotations: true, only: { kinds: [flag], environments: [production], actions: behaviour } }
    sweep: { using: production }
`;

const SECRETS = {
  "launchdarkly-production": { accessToken: "api-4b1c0f6e" },
  "launchdarkly-old": { accessToken: "api-revoked-77" },
  "posthog-main": { projectApiKey: "phc_9Qd1rZ", personalApiKey: "phx_7Vb2kM" },
  "posthog-other": { projectApiKey: "phc_other5", personalApiKey: "phx_7Vb2kM" },
  lists: { tokens: ["lists-aa01"] },
  bigs: { tokens: ["bigs-bb02"] },
  sample: { tokens: ["<your token>"] },
  synced: { writeKeys: ["synced-cc03"] },
  webhook: { signingSecrets: ["webhook-dd04"] },
  "webhook-other": { signingSecrets: ["webhook-ee05"] },
};

let folder: TemporaryFolder;
let stack: StackProcess;
beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startStackProcess([
    "--quiet",
    ...(await stackFiles(folder, { connections: CONNECTIONS, secrets: SECRETS })),
  ]);
  const made = await sandbox("POST", "api/v2/segments/default/production", { key: "beta", name: "Beta" });
  expect(made.status).toBe(201);
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

const run = (...args: readonly string[]) =>
  flagbridge(["doctor", ...args], { env: { FLAGBRIDGE_URL: stack.url } });

async function lines(...args: readonly string[]) {
  const { code, stdout, stderr } = await run("--json", ...args);
  const { checks, failed }: { checks: readonly CheckLine[]; failed: number } = JSON.parse(stdout);
  const of = (id: string, subject?: string): string[] =>
    checks
      .filter((line) => line.id === id && (subject === undefined || line.subject === subject))
      .map(({ status }) => status);
  return { code, checks, failed, of, stderr };
}

async function shown(path: string): Promise<unknown> {
  return (await fetch(`${stack.url}/sandbox/${path}`)).json();
}

function sandbox(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${stack.url}/sandbox/launchdarkly/${path}`, {
    method,
    headers: { authorization: "api-4b1c0f6e", "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
}

describe("on a local stack on which all is well", () => {
  test("every check that can be made without a write is ok, and the exit code is 0", async () => {
    const { code, checks, failed, stderr } = await lines();
    const others = checks.filter(({ status }) => status !== "ok");
    expect(others.map(({ id, subject, status }) => `${status} ${id} ${subject}`)).toEqual([
      "skipped connections.deployed connections.yml",
      "skipped stack.version stack",
      "skipped aws.alarms aws",
      "skipped segments.create launchdarkly.production (list)",
      "skipped segments.update launchdarkly.production (big)",
      "skipped segments.create launchdarkly.production (big)",
      "skipped segments.update launchdarkly.production (synced, segment-audiences)",
      "skipped segments.create launchdarkly.production (synced, segment-audiences)",
    ]);
    expect({ code, failed }).toEqual({ code: 0, failed: 0 });
    expect(checks.filter(({ status }) => status === "ok").map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        ...["secrets.shape", "api.health", "clock"],
        ...["aws.queues", "aws.event-sources", "aws.tables", "aws.concurrency"],
        ...["launchdarkly.token", "launchdarkly.api-version", "launchdarkly.environment"],
        ...["segments.approvals", "segments.store", "segments.update"],
        ...["metrics.import", "metrics.listened", "webhook.signature", "webhook.policy", "audit-log.read"],
        ...["posthog.host", "posthog.key", "posthog.annotations"],
      ]),
    );
    expect(stderr).toContain("checks are done");
  });

  test("it has changed nothing", async () => {
    expect(await shown("launchdarkly/segments")).toMatchObject({ segments: [{ id: "beta", members: [] }] });
    expect(await shown("launchdarkly/events")).toMatchObject({ received: 0 });
    expect(await shown("posthog/annotations")).toEqual({ annotations: [] });
  });

  test("--write adds to a segment of each writer, removes again, and deletes what it made", async () => {
    const { code, checks } = await lines("--write");
    const written = checks.filter(({ id }) => /^segments\.(add|remove|clean-up)$/.test(id));
    expect(written.map(({ subject, id, status }) => `${subject} ${id} ${status}`)).toEqual(
      ["list", "big", "synced, segment-audiences"].flatMap((way) =>
        ["add", "remove", "clean-up"].map((step) => `launchdarkly.production (${way}) segments.${step} ok`),
      ),
    );
    expect(code).toBe(0);
    expect(await shown("launchdarkly/segments")).toMatchObject({ segments: [{ id: "beta" }] });
  });

  test("for people it shows each subject with its lines, and a count", async () => {
    const { stdout } = await run();
    expect(stdout).toMatch(/^launchdarkly\.production\n {2}✓ the token is valid: the service token/m);
    expect(stdout).toMatch(/–.*\n {6}→ npx flagbridge doctor --write/);
    expect(stdout.trimEnd()).toMatch(/\d+ ok, 0 to know, 0 failed, 8 not checked$/);
  });
});

describe("with a token that lacks rights", () => {
  const account = (body: object) =>
    fetch(`${stack.url}/sandbox/launchdarkly/account`, { method: "POST", body: JSON.stringify(body) });
  afterAll(() => fetch(`${stack.url}/sandbox/launchdarkly/account`, { method: "DELETE" }));

  test("what cannot be looked at is skipped and names the right, and what cannot be done has failed", async () => {
    await account({
      deniedRights: [
        "updateIncluded",
        "importEventData",
        "readAuditLog",
        "readWebhooks",
        "readPersistentStores",
      ],
      deniedScopes: ["annotation:write", "project:read"],
    });
    const { code, checks, of } = await lines();
    expect(code).toBe(1);
    expect([
      of("segments.update", "launchdarkly.production (list)"),
      of("metrics.import"),
      of("audit-log.read"),
    ]).toEqual([["failed"], ["failed"], ["failed"]]);
    expect([of("webhook"), of("segments.store"), of("posthog.key"), of("posthog.annotations")]).toEqual([
      ["skipped"],
      ["skipped"],
      ["skipped"],
      ["failed"],
    ]);
    const said = (id: string) => checks.find((line) => line.id === id)?.found;
    expect(said("segments.update")).toMatch(/may not change members/);
    expect(said("posthog.key")).toContain("project:read");
    expect(said("posthog.annotations")).toContain("annotation:write");
  });

  test("--write says which writers it cannot write with, and what it could not delete", async () => {
    await account({
      deniedRights: ["deleteSegment"],
      deniedScopes: [],
      segmentApprovals: ["default/production"],
    });
    const { code, of, checks } = await lines("--write");
    expect(code).toBe(1);
    expect(of("segments.approvals")).toEqual(["warning"]);
    expect(of("segments.add", "launchdarkly.production (list)")).toEqual(["failed"]);
    const left = checks.find(
      ({ id, subject }) => id === "segments.clean-up" && subject.includes("synced, segment-audiences"),
    );
    expect(left).toMatchObject({ status: "warning", found: expect.stringContaining("deleteSegment") });
    expect(left?.fix).toContain("Flagbridge doctor: synced, segment-audiences, user");
  });
});

describe("with several things broken", () => {
  const failedIn = (checks: readonly CheckLine[]): string[] =>
    checks.filter(({ status }) => status === "failed").map(({ id, subject }) => `${id} ${subject}`);

  test("a paused function and a metric that is gone are failed lines with what to do", async () => {
    await sandbox("DELETE", "metrics/default/orders");
    await flagbridge(["pause", "metric-forwarder"], { env: { FLAGBRIDGE_URL: stack.url } });
    const { code, checks } = await lines();
    expect(failedIn(checks)).toEqual([
      "aws.event-sources aws",
      "metrics.listened connections.lists → launchdarkly.production",
    ]);
    expect(checks.find(({ id }) => id === "aws.event-sources")?.fix).toBe(
      "npx flagbridge resume metric-forwarder",
    );
    expect(code).toBe(1);
  });

  const BROKEN = CONNECTIONS.replace("secret: launchdarkly-production", "secret: launchdarkly-old")
    .replace(
      "posthog:\n",
      `  staging:
    clientSideId: another-id
    instance: ${SANDBOX_INSTANCE}
    project: default
    environment: staging
    secret: launchdarkly-production
posthog:
`,
    )
    .replace("secret: posthog-main", "secret: posthog-other")
    .replace("secret: bigs", "secret: sample")
    .replace("secret: webhook", "secret: webhook-other")
    .concat(`  unheard:
    source: launchdarkly
    secret: webhook
    posthog: { to: [main] }
  unfilled:
    source: flagbridge
    secret: unfilled
    audiences: { to: [staging] }
`);

  test("a wrong token, key and signature, a sample, and what is missing are one failed line each", async () => {
    const text = BROKEN.replaceAll("http://localhost:3000", stack.url);
    const { code, checks, failed } = await lines("--connections", await folder.file("broken.yml", text));
    expect(failedIn(checks)).toEqual([
      "secrets.shape secrets",
      "secrets.shape secrets",
      "aws.queues aws",
      "aws.event-sources aws",
      "launchdarkly.token launchdarkly.production",
      "launchdarkly.environment launchdarkly.staging",
      "webhook.signature connections.flag-changes",
      "webhook connections.unheard",
      "posthog.key posthog.main",
    ]);
    expect(checks.every(({ status, fix }) => status === "ok" || fix !== "")).toBe(true);
    expect({ code, failed }).toEqual({ code: 1, failed: 9 });
  });

  test("what depends on a broken token is skipped, and never ok", async () => {
    const { checks } = await lines("--connections", `${folder.path}/broken.yml`);
    const behind = checks.filter(
      ({ id, subject }) => subject.includes("launchdarkly.production") && id !== "launchdarkly.token",
    );
    expect(behind.length).toBeGreaterThan(8);
    expect(behind.filter(({ status }) => status !== "skipped")).toEqual([]);
  });

  test("nothing that it prints holds a secret", async () => {
    const texts = Object.values(SECRETS).flatMap((secret) => Object.values(secret).flat());
    const { stdout, stderr } = await run("--connections", `${folder.path}/broken.yml`);
    for (const text of texts) expect(stdout + stderr).not.toContain(text);
  });
});
