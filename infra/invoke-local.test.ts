import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { type Clone, cloneProject } from "../test/support/packaged-project.ts";
import { type StackProcess, startStackProcess } from "../test/support/stack-process.ts";

const eventOf = (name: string) => join(import.meta.dirname, `../dev/events/${name}.json`);
const identify = ["invoke", "local", "-f", "ingest", "-p", eventOf("segment-identify")];

/** What a function answers when it has done everything; those with a queue leave nothing in it. */
const DONE: Readonly<Record<string, RegExp>> = {
  ingest: /"statusCode": 200[\s\S]*\\"accepted\\":2/,
  "posthog-forwarder": /"flag-changes.forwarded".*"items":1/,
  "audit-log-sweeper": /^metrics: .*CursorAgeMs=/m,
};
/** What of stdout is not the function's result: the sweeper, which has none, leaves it empty. */
const resultOf = (stdout: string): unknown => (stdout.trim() === "" ? undefined : JSON.parse(stdout));
/** Ten minutes: that a sample was dated long ago, or is of the future, is hours. */
const RECENT_MS = 600_000;

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

  /** Each function's run on the event that has its name: several tests look at the same one. */
  const runs = new Map<string, ReturnType<Clone["sls"]>>();
  const runOf = (name: string) => {
    const args = ["invoke", "local", "-f", name, "-p", eventOf(name)];
    const run = runs.get(name) ?? clone.sls(args, { FLAGBRIDGE_URL: stack.url });
    runs.set(name, run);
    return run;
  };

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

  test.each(FUNCTION_NAMES)(
    "runs %s on the event that has its name, and nothing goes wrong",
    async (name) => {
      const { stdout, stderr } = await runOf(name);
      expect(stdout + stderr).toMatch(DONE[name] ?? /"batchItemFailures": \[\]/);
      expect(stdout + stderr).not.toContain('"level":"ERROR"');
    },
  );

  test("prints a function's result alone on stdout, and its log and metrics on stderr", async () => {
    const { stdout, stderr } = await runOf("metric-forwarder");
    expect(resultOf(stdout)).toEqual({ batchItemFailures: [] });
    expect(stderr).toContain('"message":"metrics.forwarded"');
    expect(stderr).toMatch(/^metrics: .*ItemsApplied=1/m);
    expect(stderr).not.toContain("_aws");
  });

  test("sends the operation of audience-batcher as the newest that there is", async () => {
    const { stderr } = await runOf("audience-batcher");
    expect(stderr).toMatch(/"audience.flushed".*"stale":0/);
  });

  test.each(["metric-forwarder", "posthog-forwarder"])(
    "sends the event of %s dated now, so that its age is that of the moment",
    async (name) => {
      const { stderr } = await runOf(name);
      const ages = [...stderr.matchAll(/\bEventToAppliedMs=(\S+)/g)];
      expect(ages).not.toHaveLength(0);
      for (const [, ms] of ages) expect(Math.abs(Number(ms))).toBeLessThan(RECENT_MS);
    },
  );

  test("backfills flag changes when asked for a span of time", async () => {
    const args = ["invoke", "local", "-f", "audit-log-sweeper", "-d", '{"from":"2026-01-01"}'];
    const { stdout } = await clone.sls(args, { FLAGBRIDGE_URL: stack.url });
    expect(stdout).toMatch(/"done": true/);
  });

  test("prefers what --env gives to what the stack says", async () => {
    const args = [...identify, "--env", "QUEUE_URL_PREFIX=http://127.0.0.1:9/nowhere-"];
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
