import { setTimeout as sleep } from "node:timers/promises";
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answeredLines } from "../support/answered-lines.ts";
import { untilQueuesAreEmpty } from "../support/empty-queues.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let folder: TemporaryFolder;
let stack: StackProcess;

const connections = `launchdarkly:
  staging:
    clientSideId: metrics-environment
    instance: ${SANDBOX_INSTANCE}
    project: web
    environment: staging
    secret: launchdarkly
connections:
  client-side:
    source: segment
    secret: client-side
    metrics: { to: [staging] }
  import:
    source: segment
    secret: import
    metrics: { to: [staging], route: import }
`;
const secrets = {
  launchdarkly: { accessToken: "metrics-token" },
  "client-side": { writeKeys: ["client-side-key"] },
  import: { writeKeys: ["import-key"] },
};

beforeAll(async () => {
  folder = await temporaryFolder();
  const files = await stackFiles(folder, { connections, secrets });
  stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json"]);
});

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

type Events = {
  readonly events: readonly Record<string, unknown>[];
  readonly received: number;
  readonly distinct: number;
};

async function events(key: string): Promise<Events["events"]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/events`);
  const listed = (await answer.json()) as Events;
  expect(listed.distinct).toBe(listed.events.length);
  return listed.events.filter((event) => event.key === key);
}

async function inject(faults: readonly object[]): Promise<void> {
  const body = JSON.stringify({ faults: faults.map((fault) => ({ ...fault, on: "events" })) });
  expect((await fetch(`${stack.url}/sandbox/launchdarkly/faults`, { method: "POST", body })).status).toBe(
    200,
  );
}

async function order(writeKey: string, event: string): Promise<void> {
  const analytics = new Analytics({ writeKey, host: stack.url });
  analytics.track({
    userId: "buyer-1",
    event,
    timestamp: new Date("2026-05-03T11:59:00Z"),
    properties: { revenue: 12.5 },
  });
  await analytics.closeAndFlush();
}

async function untilCounted(key: string): Promise<void> {
  const giveUpMs = Date.now() + 40_000;
  while (Date.now() < giveUpMs && (await events(key)).length === 0) await sleep(100);
  // What is counted twice is so by then.
  await untilQueuesAreEmpty(stack.url);
}

describe.each(["client-side", "import"])("an order from the real Segment SDK by the %s route", (route) => {
  test("is one event in LaunchDarkly, with its revenue as value", async () => {
    const key = `Order Completed (${route})`;
    await order(`${route}-key`, key);
    await untilCounted(key);
    expect(await events(key)).toEqual([
      {
        kind: "custom",
        key,
        contextKeys: { user: "buyer-1" },
        creationDate: Date.parse("2026-05-03T11:59:00Z"),
        metricValue: 12.5,
        data: { revenue: 12.5 },
        environmentId: "metrics-environment",
      },
    ]);
  });

  test.each<[string, object]>([
    ["a limit", { fault: "status", status: 429, headers: { "Retry-After": "1" } }],
    ["a failure", { fault: "status", status: 500 }],
    ["a reset connection", { fault: "reset" }],
    ["an answer that was lost", { fault: "applied-not-answered" }],
    ["a failure after it was taken", { fault: "applied-then-status", status: 503 }],
  ])("is one event after %s", { timeout: 90_000 }, async (name, fault) => {
    const key = `Order Completed (${route}, ${name})`;
    await inject([fault]);
    await order(`${route}-key`, key);
    await untilCounted(key);
    expect(await events(key)).toHaveLength(1);
  });
});

describe("the real Segment SDK", () => {
  test("takes the 200 of a batch that was rejected as a whole for success, and does not repeat it", async () => {
    const lines = () => answeredLines(stack.stderr());
    const before = lines().length;
    const analytics = new Analytics({ writeKey: "client-side-key", host: stack.url });
    const failures: unknown[] = [];
    analytics.on("error", (failure) => failures.push(failure));
    analytics.track({ userId: "u".repeat(2_049), event: "Order Completed" });
    await analytics.closeAndFlush();
    expect(failures).toEqual([]);
    await expect
      .poll(() => lines().slice(before), { timeout: 10_000 })
      .toMatchObject([{ status: 200, accepted: 0, rejected: { invalid_context_key: 1 } }]);
  });
});

test("no log line holds a member's key or a secret", () => {
  expect(stack.stderr()).toContain("metrics.forwarded");
  for (const secret of ["buyer-1", "metrics-token", "client-side-key", "import-key"])
    expect(stack.stderr()).not.toContain(secret);
});
