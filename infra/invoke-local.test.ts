import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Clone, cloneProject } from "../test/support/packaged-project.ts";
import { type StackProcess, startStackProcess } from "../test/support/stack-process.ts";

const eventOf = (name: string) => join(import.meta.dirname, `../dev/events/${name}.json`);
const identify = ["invoke", "local", "-f", "ingest", "-p", eventOf("segment-identify")];

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let clone: Clone;

beforeAll(() => {
  clone = cloneProject();
});

afterAll(() => clone.remove());

describe("sls invoke local beside a running stack", () => {
  let stack: StackProcess;

  beforeAll(async () => {
    stack = await startStackProcess();
  });

  afterAll(async () => {
    await stack.stop();
  });

  test("takes a request as the deployed ingest would, and the member reaches the sandbox", async () => {
    const { stdout } = await clone.sls(identify, { FLAGBRIDGE_URL: stack.url });
    expect(stdout).toContain('"statusCode": 200');
    await vi.waitFor(
      async () => {
        const response = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
        expect(await response.json()).toMatchObject({ segments: [{ members: ["user-1"] }] });
      },
      { timeout: 15_000, interval: 200 },
    );
  });

  test("runs the batcher on a batch of its own", async () => {
    const args = ["invoke", "local", "-f", "audience-batcher", "-p", eventOf("audience-batcher")];
    const { stdout } = await clone.sls(args, { FLAGBRIDGE_URL: stack.url });
    expect(stdout).toMatch(/"batchItemFailures": \[\]/);
  });

  test("sweeps the audit log when the schedule says so, and backfills when asked for a span of time", async () => {
    const invoke = ["invoke", "local", "-f", "audit-log-sweeper"];
    const swept = await clone.sls([...invoke, "-p", eventOf("audit-log-sweeper")], {
      FLAGBRIDGE_URL: stack.url,
    });
    expect(swept.stdout).toContain("SweepLateMs");
    const filled = await clone.sls([...invoke, "-d", '{"from":"2026-01-01"}'], { FLAGBRIDGE_URL: stack.url });
    expect(filled.stdout).toMatch(/"done": true/);
  });

  test("runs the forwarder of flag changes on a batch of its own", async () => {
    const args = ["invoke", "local", "-f", "posthog-forwarder", "-p", eventOf("posthog-forwarder")];
    const { stdout } = await clone.sls(args, { FLAGBRIDGE_URL: stack.url });
    expect(stdout).toMatch(/"flag-changes.forwarded".*"items":1/);
  });

  test("prefers what --env gives to what the stack says", async () => {
    const args = [...identify, "--env", "AUDIENCE_QUEUE_URL=http://127.0.0.1:9/nowhere"];
    const { stdout } = await clone.sls(args, { FLAGBRIDGE_URL: stack.url });
    expect(stdout).toContain('"statusCode": 503');
    expect(stdout).toContain("queue");
  });
});

test("sls invoke local without a stack says how to start one, and does not look for it in AWS", async () => {
  const { stdout, stderr } = await clone.sls(identify, { FLAGBRIDGE_URL: "http://127.0.0.1:9" });
  expect(stderr).toContain("npm start");
  expect(stdout).toContain('"statusCode": 503');
});
