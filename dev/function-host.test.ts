import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { type FunctionHost, type FunctionHostConfig, startFunctionHost } from "./function-host.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

let folder: TemporaryFolder;
let lines: string[] = [];
const hosts: FunctionHost[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  lines = [];
});
afterAll(() => folder.remove());

async function hostOf(expression: string, config: Partial<FunctionHostConfig> = {}): Promise<FunctionHost> {
  const file = await folder.handler(`handler-${Math.random()}`, expression);
  const host = startFunctionHost({
    name: "fixture",
    file,
    timeoutMs: 5_000,
    memoryMb: 64,
    maxEnvironments: 2,
    variables: {},
    onLine: (line) => lines.push(line),
    ...config,
  });
  hosts.push(host);
  return host;
}

describe("an invocation", () => {
  test("gets the event and a context, and gives its result as JSON does", async () => {
    const host = await hostOf(
      `async (event, context) => ({
         event, missing: undefined, name: context.functionName, memory: context.memoryLimitInMB,
         id: typeof context.awsRequestId, left: context.getRemainingTimeInMillis() })`,
    );

    const result = await host.invoke({ a: [1, "ü"] });

    expect(result).toEqual({
      event: { a: [1, "ü"] },
      name: "fixture",
      memory: "64",
      id: "string",
      left: expect.any(Number),
    });
    expect(Object(result).left).toBeGreaterThan(4_000);
    expect(Object(result).left).toBeLessThanOrEqual(5_000);
  });

  test("gives null when the handler gives nothing", async () => {
    const host = await hostOf("async () => {}");

    expect(await host.invoke({})).toBeNull();
  });

  test("sees its own environment variables and none of this process", async () => {
    const host = await hostOf("async () => process.env", { variables: { OWN: "1" } });

    expect(await host.invoke({})).toEqual({ OWN: "1" });
  });

  test("fails with what the handler threw, and leaves the environment in use", async () => {
    const host = await hostOf(
      `((n) => async (event) => { if (event.fail) throw new RangeError("too far"); return ++n; })(0)`,
    );
    await host.invoke({});

    await expect(host.invoke({ fail: true })).rejects.toMatchObject({
      kind: "failed",
      message: "RangeError: too far",
    });
    expect(await host.invoke({})).toBe(2);
  });

  test("writes its output to the log line by line", async () => {
    const host = await hostOf(`async () => { console.log("one\\ntwo"); console.error("three"); }`);

    await host.invoke({});

    await expect.poll(() => [...lines].sort(), patiently).toEqual(["one", "three", "two"]);
  });
});

describe("the time of an invocation is up", () => {
  test.each([
    ["it waits for ever", "async () => new Promise(() => {})"],
    ["it never yields", "async () => { for (;;); }"],
  ])("it is killed when %s, and the next one gets a new environment", async (_, forever) => {
    const host = await hostOf(`((n) => async (event) => event.forever ? (${forever})() : ++n)(0)`, {
      timeoutMs: 500,
    });
    await host.invoke({});

    await expect(host.invoke({ forever: true })).rejects.toMatchObject({
      kind: "timed-out",
      message: "Task timed out after 0.50 seconds",
    });
    expect(await host.invoke({})).toBe(1);
  });
});

describe("the environment ends under an invocation", () => {
  test.each([
    ["process.exit", "process.exit(0)", "exited with code 0"],
    ["an uncaught error", `setTimeout(() => { throw new TypeError("lost") }, 0)`, "TypeError: lost"],
    ["an unhandled rejection", `Promise.reject(new TypeError("lost"))`, "TypeError: lost"],
    ["all memory used", "for (const all = [];;) all.push(new Array(1e5).fill(all.length))", "memory limit"],
  ])("%s fails it, and the next one gets a new environment", async (_, end, reason) => {
    const host = await hostOf(
      `((n) => async (event) => { if (!event.end) return ++n; ${end}; await new Promise(() => {}); })(0)`,
    );
    await host.invoke({});

    await expect(host.invoke({ end: true })).rejects.toMatchObject({
      kind: "crashed",
      message: expect.stringContaining(reason),
    });
    expect(await host.invoke({})).toBe(1);
  });
});

describe("several invocations at a time", () => {
  const countAndWait = `((running) => async () => {
    const atATime = ++running; await new Promise((go) => setTimeout(go, 100)); running--; return atATime; })(0)`;

  test("never share an environment", async () => {
    const host = await hostOf(countAndWait, { maxEnvironments: 3 });

    const results = await Promise.all([1, 2, 3].map(() => host.invoke({})));

    expect(results).toEqual([1, 1, 1]);
  });

  test("wait for an environment beyond the most there may be", async () => {
    const host = await hostOf(countAndWait, { maxEnvironments: 1 });

    const results = await Promise.all([1, 2, 3].map(() => host.invoke({})));

    expect(results).toEqual([1, 1, 1]);
  });

  test("that wait are served by a new environment after a crash", async () => {
    const host = await hostOf("async (event) => event.crash ? process.exit(1) : 'served'", {
      maxEnvironments: 1,
    });

    const outcomes = await Promise.allSettled([
      host.invoke({ crash: true }),
      host.invoke({}),
      host.invoke({}),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });
});

describe("a kill", () => {
  test("ends what runs, in the middle, and leaves what is idle", async () => {
    const host = await hostOf(
      `((count) => async ({ waits }) => { if (waits) await new Promise(() => {}); return ++count; })(0)`,
    );
    await host.invoke({});
    const cut = expect(host.invoke({ waits: true })).rejects.toMatchObject({ kind: "crashed" });
    expect(await host.invoke({})).toBe(1);

    expect(await host.kill()).toBe(1);

    await cut;
    expect(await host.invoke({})).toBe(2);
    expect(await host.kill()).toBe(0);
  });
});

describe("a bundle that does not start", () => {
  test.each([
    [
      "throws while it loads",
      `(() => { throw new Error("LEDGER_TABLE: expected a text") })()`,
      "LEDGER_TABLE: expected",
    ],
    ["exports no handler", "undefined", "exports no handler"],
    ["ends the process while it loads", "process.exit(3)", "exited with code 3"],
  ])("fails to warm with its reason when it %s", async (_, expression, reason) => {
    const host = await hostOf(expression);

    await expect(host.warm()).rejects.toMatchObject({
      kind: "not-loaded",
      message: expect.stringContaining(reason),
    });
  });

  test("fails every invocation that waits for it", async () => {
    const host = await hostOf(`(() => { throw new Error("broken") })()`, { maxEnvironments: 1 });

    const outcomes = await Promise.allSettled([host.invoke({}), host.invoke({}), host.invoke({})]);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });
});

test("a stop fails what runs and what waits", async () => {
  const host = await hostOf("async () => new Promise(() => {})", { maxEnvironments: 1 });
  const running = [host.invoke({}), host.invoke({})];
  const outcomes = Promise.allSettled(running);
  await new Promise((resolve) => setTimeout(resolve, 300));

  await host.stop();

  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(host.invoke({})).rejects.toMatchObject({ kind: "crashed" });
});
