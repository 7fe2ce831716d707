import { afterAll, beforeAll, expect, test } from "vitest";
import { flagbridge } from "../support/flagbridge.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

let stack: StackProcess;
beforeAll(async () => {
  stack = await startStackProcess(["--batch-window", "0", "--quiet"]);
});
afterAll(() => stack?.stop());

const run = (...args: readonly string[]) => flagbridge(args, { env: { FLAGBRIDGE_URL: stack.url } });

async function send(contextKey: string): Promise<void> {
  const answer = await fetch(`${stack.url}/c/own-code`, {
    method: "POST",
    headers: { authorization: "Bearer dev-token" },
    body: JSON.stringify({ audienceOperations: [{ segment: { id: "vip" }, contextKey, action: "add" }] }),
  });
  expect(answer.status).toBe(200);
}

async function waiting(): Promise<number> {
  const { stdout } = await run("status", "--json");
  const { queues } = JSON.parse(stdout);
  return queues[0].waiting + queues[0].inFlight;
}

test("a paused function leaves its messages in the queue, and works them off when it is resumed", async () => {
  const paused = await run("pause", "audience-batcher", "--json");
  expect({ code: paused.code, ...JSON.parse(paused.stdout) }).toEqual({
    code: 0,
    functions: [{ name: "audience-batcher", paused: true }],
  });
  expect(paused.stderr).toContain("14 days");
  await send("ana");
  const status = JSON.parse((await run("status", "--json")).stdout);
  expect(status.functions).toContainEqual({ name: "audience-batcher", paused: true });
  expect(status.functions).toContainEqual({ name: "metric-forwarder", paused: false });
  expect(status.queues[0]).toMatchObject({
    name: "flagbridge-local-audience-operations-production",
    waiting: 1,
    inFlight: 0,
    deadLetters: 0,
  });
  expect(status.queues[0].oldestSeconds).toBeGreaterThanOrEqual(0);
  expect((await run("resume", "audience-batcher")).stdout).toMatch(/audience-batcher +running/);
  while ((await waiting()) > 0);
  const members = await (await fetch(`${stack.url}/sandbox/launchdarkly/segments`)).text();
  expect(members).toContain('"ana"');
});

test("without a name all three that read queues are paused and resumed", async () => {
  const all = (paused: boolean) =>
    ["audience-batcher", "metric-forwarder", "posthog-forwarder"].map((name) => ({ name, paused }));
  expect(JSON.parse((await run("pause", "--json")).stdout).functions).toEqual(all(true));
  expect(JSON.parse((await run("resume", "--json")).stdout).functions).toEqual(all(false));
});

test("a destination alone is paused", async () => {
  const { stdout } = await run("pause", "metric-forwarder", "--destination", "production", "--json");
  expect(JSON.parse(stdout).functions).toEqual([{ name: "metric-forwarder", paused: true }]);
  await run("resume");
});

test.each([
  [["pause", "audience-bather"], 'did you mean "audience-batcher"?'],
  [["pause", "ingest"], "there are: audience-batcher, metric-forwarder, posthog-forwarder"],
  [["pause", "--destination", "produktion"], 'did you mean "production"?'],
])("%j changes nothing and says what to type", async (args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("connections lists each with its URL", async () => {
  const { stdout, code } = await run("connections", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout).connections).toContainEqual({
    name: "own-code",
    source: "flagbridge",
    url: `${stack.url}/c/own-code`,
    secret: "own-code",
    destinations: [
      { kind: "audiences", name: "production", writer: "synced" },
      { kind: "metrics", name: "production" },
    ],
  });
});
