import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { type Connections, connectionsFile } from "../lib/connections/schema.ts";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { listenOnLoopback } from "./listen.ts";
import type { LocalFunction } from "./local-function.ts";
import { type Stack, type StackOptions, startStack } from "./stack.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

const stacks: Stack[] = [];
const folders: TemporaryFolder[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
  for (const folder of folders.splice(0)) await folder.remove();
});

const connections: Connections = connectionsFile.parse({
  launchdarkly: {
    production: {
      clientSideId: "env",
      instance: {
        api: "http://localhost:3000/sandbox/launchdarkly",
        events: "http://localhost:3000/sandbox/launchdarkly",
      },
      secret: "ld",
    },
  },
  connections: {},
});

/** Queues the body of every POST; answers after as many ms as the query says. */
const ingest = `async (event) => {
  const wait = Number(event.queryStringParameters?.wait ?? 0);
  await new Promise((go) => setTimeout(go, wait));
  if (event.requestContext.http.method === "GET") return { statusCode: 200, body: "healthy" };
  const sent = await fetch(process.env.AWS_ENDPOINT_URL_SQS, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage" },
    body: JSON.stringify({ QueueUrl: process.env.QUEUE_URL, MessageBody: event.body }),
  });
  return { statusCode: sent.status, body: "queued" };
}`;

/** Adds the members it is sent; what LaunchDarkly does not take is a failure. */
const batcher = `async (event) => {
  const { production } = JSON.parse(require("node:fs").readFileSync(process.env.CONNECTIONS_FILE)).launchdarkly;
  const failed = [];
  for (const { messageId, body } of event.Records) {
    const answer = await fetch(production.instance.api + "/api/v2/segment-targets/segment-audiences", {
      method: "POST",
      headers: { authorization: "token" },
      body: JSON.stringify({ environmentId: "env", contextKind: "user",
        batch: [{ userId: body, cohortId: "beta", cohortName: "Beta", value: true }] }),
    }).catch(() => ({ status: 0 }));
    console.log("sent " + answer.status);
    if (answer.status !== 204) failed.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures: failed };
}`;

async function fixtures(
  folder: TemporaryFolder,
  batcherTimeoutMs = 5_000,
): Promise<readonly LocalFunction[]> {
  const common = { memoryMb: 64, maxEnvironments: 2 };
  return [
    {
      ...common,
      name: "ingest",
      timeoutMs: 5_000,
      file: await folder.handler("ingest", ingest),
      trigger: { kind: "http" },
      variables: ({ sqs, queueUrl }) => ({ AWS_ENDPOINT_URL_SQS: sqs, QUEUE_URL: queueUrl("work") }),
    },
    {
      ...common,
      name: "batcher",
      timeoutMs: batcherTimeoutMs,
      file: await folder.handler("batcher", batcher),
      trigger: { kind: "queue", queues: ["work"], batchSize: 100, concurrency: 2 },
      variables: ({ connectionsFile: file }) => ({ CONNECTIONS_FILE: file }),
    },
  ];
}

async function start(options: Partial<StackOptions> = {}, batcherTimeoutMs?: number) {
  const folder = await temporaryFolder();
  folders.push(folder);
  const functions = await fixtures(folder, batcherTimeoutMs);
  const lines: string[] = [];
  const problems: string[] = [];
  const stack = await startStack({
    port: 0,
    connections,
    secrets: () => ({ ld: { accessToken: "token" } }),
    batchWindowSeconds: 0,
    functions: async () => functions,
    onFunctionLine: (name, line) => lines.push(`${name} ${line}`),
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  stacks.push(stack);
  const json = async (path: string) => JSON.parse(await (await fetch(stack.url + path)).text());
  return {
    stack,
    lines,
    problems,
    json,
    post: (body: string, query = "") =>
      fetch(`${stack.url}/v1/batch${query}`, {
        method: "POST",
        body,
        headers: { "content-type": "text/plain" },
      }),
    members: async () => (await json("/sandbox/launchdarkly/segments")).segments[0]?.members ?? [],
    fault: (...faults: unknown[]) =>
      fetch(`${stack.url}/sandbox/launchdarkly/faults`, { method: "POST", body: JSON.stringify({ faults }) }),
  };
}

test("a request goes through the queue to the sandbox, at a port that the connections file does not name", async () => {
  const { post, members, json, lines } = await start();

  expect((await post("a")).status).toBe(200);

  await expect.poll(members, patiently).toEqual(["a"]);
  await expect
    .poll(() => json("/sandbox/queues"), patiently)
    .toEqual({ queues: [{ name: "work", waiting: 0, inFlight: 0, deadLetters: 0, oldestSeconds: null }] });
  expect(lines).toEqual(["batcher sent 204"]);
});

test("a request that comes while the stack starts is told to come again", async () => {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await new Promise((closed) => server.close(closed));
  const folder = await temporaryFolder();
  folders.push(folder);
  let early: Response | undefined;

  await start({
    port,
    functions: async () => {
      early = await fetch(`http://localhost:${port}/health`);
      return fixtures(folder);
    },
  });

  expect(early?.status).toBe(503);
});

test("what LaunchDarkly refused is still in flight, for six timeouts and the window", async () => {
  const { post, json, fault, members } = await start({}, 800);
  await fault({ fault: "status", status: 500 });
  await post("a");

  await expect.poll(async () => (await json("/sandbox/launchdarkly/requests")).requests, patiently).toBe(1);
  expect((await json("/sandbox/queues")).queues).toMatchObject([{ waiting: 0, inFlight: 1 }]);
  expect(await members()).toEqual([]);
  await expect.poll(members, patiently).toEqual(["a"]);
});

describe("flag changes", () => {
  const flagChanges: Connections = connectionsFile.parse({
    launchdarkly: connections.launchdarkly,
    posthog: { main: { host: "http://localhost:3000/sandbox/posthog", projectId: "1", secret: "ph" } },
    connections: {
      signed: { source: "launchdarkly", secret: "hook", posthog: { to: ["main"] } },
      other: { source: "flagbridge", secret: "other", audiences: { to: ["production"] } },
    },
  });
  const secrets = {
    ld: { accessToken: "token" },
    ph: { projectApiKey: "phc_main", personalApiKey: "phx_main" },
    hook: { signingSecrets: ["new", "old"] },
    other: { tokens: ["t"] },
  };
  const keeper = `async (event) => {
    const kept = globalThis.kept ??= [];
    if (event.rawPath?.startsWith("/c/")) kept.push([event.rawPath, event.headers["x-ld-signature"], event.body]);
    return event.rawPath === "/kept" ? { statusCode: 200, body: JSON.stringify(kept) } : { statusCode: 200, body: "{}" };
  }`;

  async function startKeeper(dataDir?: string) {
    const folder = await temporaryFolder();
    folders.push(folder);
    const common = { memoryMb: 64, maxEnvironments: 1, timeoutMs: 5_000, variables: () => ({}) };
    const functions: LocalFunction[] = [
      { ...common, name: "ingest", file: await folder.handler("ingest", keeper), trigger: { kind: "http" } },
      {
        ...common,
        name: "ticker",
        file: await folder.handler(
          "ticker",
          `async (event) => { console.log(event.source ?? event.text); return event; }`,
        ),
        trigger: { kind: "schedule", everyMs: 20 },
      },
    ];
    return start({
      functions: async () => functions,
      connections: flagChanges,
      secrets: () => secrets,
      dataDir,
    });
  }

  test("a toggle reaches every connection of LaunchDarkly's webhooks, signed with its newest secret", async () => {
    const { stack, json } = await startKeeper();
    await fetch(`${stack.url}/sandbox/launchdarkly/flags/checkout/toggle`, { method: "POST" });
    await expect.poll(() => json("/kept"), patiently).toHaveLength(1);
    const [[path, signature, body]] = await json("/kept");
    expect(path).toBe("/c/signed");
    expect(signature).toBe(createHmac("sha256", "new").update(body).digest("hex"));
  });

  test("what PostHog and the audit log hold is there again after a restart", async () => {
    const folder = await temporaryFolder();
    folders.push(folder);
    const first = await startKeeper(folder.path);
    await fetch(`${first.stack.url}/sandbox/launchdarkly/flags/checkout/toggle`, { method: "POST" });
    const body = JSON.stringify({ api_key: "phc_main", event: "e", distinct_id: "ana" });
    await fetch(`${first.stack.url}/sandbox/posthog/capture/`, { method: "POST", body });
    await first.stack.stop();

    const { json, stack } = await startKeeper(folder.path);
    expect(await json("/sandbox/posthog/events")).toMatchObject({
      received: 1,
      events: [{ distinct_id: "ana" }],
    });
    const log = await fetch(`${stack.url}/sandbox/launchdarkly/api/v2/auditlog`, {
      headers: { authorization: "token" },
    });
    expect(await log.json()).toMatchObject({ items: [{ name: "checkout" }] });
  });

  test("a function with a schedule is invoked by it, and every function by hand", async () => {
    const { stack, lines } = await startKeeper();
    await expect.poll(() => lines, patiently).toContain("ticker aws.events");
    const invoke = (name: string, body: string) =>
      fetch(`${stack.url}/sandbox/functions/${name}`, { method: "POST", body });
    expect(await (await invoke("ticker", '{"text":"by hand"}')).json()).toEqual({ text: "by hand" });
    expect((await invoke("ticker", "{")).status).toBe(400);
    expect((await invoke("nobody", "{}")).status).toBe(404);
  });

  test("what a function has written can be read, by CloudWatch's patterns", async () => {
    const { stack, lines } = await startKeeper();
    await expect.poll(() => lines, patiently).toContain("ticker aws.events");
    const log = (name: string, filter: string) =>
      fetch(`${stack.url}/sandbox/functions/${name}/log?${new URLSearchParams({ filter })}`);
    expect(await (await log("ticker", '"aws.events"')).text()).toMatch(/^(aws\.events\n)+$/);
    expect(await (await log("ticker", "nothing")).text()).toBe("\n");
    expect((await log("ticker", "aws.events")).status).toBe(400);
    expect((await log("nobody", "")).status).toBe(404);
  });

  test("PostHog's doors have their faults where LaunchDarkly's have", async () => {
    const { stack, fault } = await startKeeper();
    expect((await fault({ fault: "status", status: 503, on: "posthog" })).status).toBe(200);
    const body = JSON.stringify({ api_key: "phc_main", event: "e", distinct_id: "ana" });
    const capture = () => fetch(`${stack.url}/sandbox/posthog/capture/`, { method: "POST", body });
    expect([(await capture()).status, (await capture()).status]).toEqual([503, 200]);
  });
});

describe("a stop", () => {
  test("answers what is in flight, and takes nothing new meanwhile", async () => {
    const { stack, post } = await start();
    const slow = post("a", "?wait=600");
    await sleep(200);

    const stopped = stack.stop();
    const during = await fetch(`${stack.url}/health`);

    expect(during.status).toBe(503);
    expect((await slow).status).toBe(200);
    await stopped;
    await expect(fetch(`${stack.url}/health`)).rejects.toThrow();
  });

  test("lets a running batch reach LaunchDarkly", async () => {
    const folder = await temporaryFolder();
    folders.push(folder);
    const dataDir = folder.path;
    const { stack, post, fault, json } = await start({ dataDir });
    await fault({ fault: "delay", ms: 250 });
    await post("a");
    await expect.poll(async () => (await json("/sandbox/launchdarkly/requests")).requests, patiently).toBe(1);

    await stack.stop();

    const again = await start({ dataDir });
    expect(await again.members()).toEqual(["a"]);
    expect((await again.json("/sandbox/queues")).queues).toMatchObject([{ waiting: 0, inFlight: 0 }]);
  });
});

describe("a start that cannot be", () => {
  test("names the port that is in use", async () => {
    const server = createServer();
    const port = await listenOnLoopback(server, 0);

    await expect(start({ port })).rejects.toMatchObject({
      name: "StartProblem",
      message: expect.stringContaining(`Port ${port} is in use`),
    });
    server.close();
  });

  test("names every function that does not start, and frees the port", async () => {
    const folder = await temporaryFolder();
    folders.push(folder);
    const broken = await folder.handler(
      "broken",
      `(() => { throw new Error("LEDGER_TABLE: expected a text") })()`,
    );
    const functions = (await fixtures(folder)).map((one) => ({ ...one, file: broken }));
    const server = createServer();
    const port = await listenOnLoopback(server, 0);
    await new Promise((resolve) => server.close(resolve));

    await expect(start({ port, functions: async () => functions })).rejects.toMatchObject({
      name: "StartProblem",
      message: expect.stringMatching(
        /ingest does not start: .*LEDGER_TABLE[\s\S]*batcher does not start: .*LEDGER_TABLE/,
      ),
    });
    expect((await start({ port })).stack.url).toBe(`http://localhost:${port}`);
  });
});
