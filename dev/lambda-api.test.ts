import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { connectionsFile } from "../lib/connections/schema.ts";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import type { LocalFunction } from "./local-function.ts";
import { type Stack, startStack } from "./stack.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

const WORKER = "flagbridge-local-worker";
const WORKER_ARN = `arn:aws:lambda:us-east-1:000000000000:function:${WORKER}`;
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/** Answers its event; the members of one say how it fails. */
const handler = `async (event) => {
  if (event.fail) throw new TypeError(event.fail);
  if (event.wait) await new Promise((go) => setTimeout(go, event.wait));
  if (event.exit) process.exit(3);
  return event.Records ? undefined : { got: event };
}`;

/** Ends when the gate is there. */
const gatedHandler = `async () => {
  while (!require("node:fs").existsSync(process.env.GATE)) await new Promise((go) => setTimeout(go, 20));
}`;
const gate = (): string => join(folder.path, "gate");

let folder: TemporaryFolder;
let functions: readonly LocalFunction[];
let stack: Stack;
let lambda: LambdaClient;
let sqs: SQSClient;
const later: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const file = await folder.handler("one", handler);
  const gated = await folder.handler("gated", gatedHandler);
  const common = { file, memoryMb: 64, maxEnvironments: 2, timeoutMs: 1_500 };
  functions = [
    { ...common, name: "ingest", trigger: { kind: "http" }, variables: () => ({}) },
    {
      ...common,
      name: "worker",
      trigger: { kind: "queue", queues: ["left", "right"], batchSize: 100, concurrency: 2 },
      variables: ({ secretPrefix }) => ({ SECRET_PREFIX: secretPrefix }),
    },
    {
      ...common,
      name: "gated",
      file: gated,
      timeoutMs: 60_000,
      trigger: { kind: "queue", queues: ["gated"], batchSize: 100, concurrency: 2 },
      variables: () => ({ GATE: gate() }),
    },
  ];
  stack = await start();
  lambda = lambdaOf(stack);
  sqs = new SQSClient(clientOf(stack.endpoints.AWS_ENDPOINT_URL_SQS));
});
afterEach(async () => {
  for (const cleanUp of later.splice(0).reverse()) await cleanUp();
});
afterAll(async () => {
  lambda.destroy();
  sqs.destroy();
  await stack.stop();
  await folder.remove();
});

function start({ dataDir, onProblem = () => {} }: Partial<Parameters<typeof startStack>[0]> = {}) {
  return startStack({
    port: 0,
    connections: connectionsFile.parse({
      launchdarkly: { production: { clientSideId: "env", secret: "ld" } },
      connections: {},
    }),
    connectionsSource: "dev/connections.yml",
    secrets: () => ({ ld: { accessToken: "token" } }),
    batchWindowSeconds: 0,
    dataDir,
    functions: async () => functions,
    onFunctionLine: () => {},
    onProblem,
  });
}

function clientOf(endpoint: string | undefined) {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return { endpoint: endpoint ?? "", region: "us-east-1", credentials, maxAttempts: 1 };
}

function lambdaOf({ endpoints }: Stack): LambdaClient {
  return new LambdaClient(clientOf(endpoints.AWS_ENDPOINT_URL_LAMBDA));
}

async function mappingsOf(
  client: LambdaClient,
  asked: { FunctionName?: string; EventSourceArn?: string; MaxItems?: number },
) {
  const found = [];
  for await (const page of paginateListEventSourceMappings({ client }, asked)) {
    found.push(...(page.EventSourceMappings ?? []));
  }
  return found;
}

async function mappingOf(client: LambdaClient, queue: string): Promise<string> {
  const [one] = await mappingsOf(client, { EventSourceArn: queueArn(queue) });
  return one?.UUID ?? "none";
}

const stateOf = async (client: LambdaClient, UUID: string) =>
  (await client.send(new GetEventSourceMappingCommand({ UUID }))).State;
const setEnabled = (client: LambdaClient, input: { UUID: string; Enabled: boolean }) =>
  client.send(new UpdateEventSourceMappingCommand(input));
const queuesOf = async ({ url }: Stack) =>
  z.object({ queues: z.unknown() }).parse(await (await fetch(`${url}/sandbox/queues`)).json()).queues;

test("the stack tells an operator's tool where its parts are", async () => {
  const answer = await (await fetch(`${stack.url}/sandbox/functions`)).json();
  const { stack: described, functions: listed } = z
    .object({ stack: z.unknown(), functions: z.array(z.unknown()) })
    .parse(answer);
  expect(described).toEqual({
    service: "flagbridge",
    stage: "local",
    url: stack.url,
    region: "us-east-1",
    accountId: "000000000000",
    endpoints: {
      sqs: stack.endpoints.AWS_ENDPOINT_URL_SQS,
      dynamodb: stack.endpoints.AWS_ENDPOINT_URL_DYNAMODB,
      secretsManager: stack.endpoints.AWS_ENDPOINT_URL_SECRETS_MANAGER,
      lambda: stack.url.replace("localhost", "127.0.0.1").concat("/sandbox/aws/lambda"),
    },
    connectionsFile: expect.stringMatching(/^\/.*connections\.json$/),
    connectionsSource: `${process.cwd()}/dev/connections.yml`,
  });
  expect(listed).toHaveLength(3);
});

describe("the event source mappings", () => {
  test("are listed for a function by its name or its ARN, and for a queue, page by page", async () => {
    const both = await mappingsOf(lambda, { FunctionName: WORKER, MaxItems: 1 });
    expect(both).toMatchObject([
      {
        UUID: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        FunctionArn: WORKER_ARN,
        EventSourceArn: queueArn("left"),
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: 0,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 2 },
        LastModified: expect.any(Date),
      },
      { EventSourceArn: queueArn("right") },
    ]);
    expect(await mappingsOf(lambda, { FunctionName: WORKER_ARN })).toHaveLength(2);
    expect(await mappingsOf(lambda, {})).toHaveLength(3);
    expect(await mappingsOf(lambda, { EventSourceArn: queueArn("right") })).toMatchObject([
      { UUID: both[1]?.UUID },
    ]);
    expect(await mappingsOf(lambda, { FunctionName: "flagbridge-local-ingest" })).toEqual([]);
    expect(await mappingsOf(lambda, { EventSourceArn: queueArn("nowhere") })).toEqual([]);
  });

  test("of a function that nobody knows are an error, and so is a mapping that nobody knows", async () => {
    await expect(mappingsOf(lambda, { FunctionName: "worker" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:worker",
      $metadata: { httpStatusCode: 404 },
    });
    await expect(stateOf(lambda, "nobody")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(mappingsOf(lambda, { MaxItems: 0 })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
    });
  });

  test("are paused and resumed one by one, and messages wait meanwhile", async () => {
    const UUID = await mappingOf(lambda, "left");
    await expect.poll(() => stateOf(lambda, UUID), patiently).toBe("Enabled");

    expect(await setEnabled(lambda, { UUID, Enabled: false })).toMatchObject({
      UUID,
      State: expect.stringMatching(/^Disabl(ing|ed)$/),
      $metadata: { httpStatusCode: 202 },
    });
    await expect.poll(() => stateOf(lambda, UUID), patiently).toBe("Disabled");
    const queueUrl = (name: string) => `${stack.endpoints.AWS_ENDPOINT_URL_SQS}/000000000000/${name}`;
    for (const name of ["left", "right"]) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(name), MessageBody: "{}" }));
    }
    await expect
      .poll(() => queuesOf(stack), patiently)
      .toMatchObject([
        { name: "left", waiting: 1, inFlight: 0 },
        { name: "right", waiting: 0, inFlight: 0 },
        {},
      ]);

    expect((await setEnabled(lambda, { UUID, Enabled: true })).State).toMatch(/^Enabl(ing|ed)$/);
    await expect.poll(() => stateOf(lambda, UUID), patiently).toBe("Enabled");
    await expect.poll(() => queuesOf(stack), patiently).toMatchObject([{ waiting: 0, inFlight: 0 }, {}, {}]);
  });

  test("refuse a change while another is under way, and every change but that one", async () => {
    const UUID = await mappingOf(lambda, "gated");
    const url = `${stack.endpoints.AWS_ENDPOINT_URL_SQS}/000000000000/gated`;
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "{}" }));
    await expect.poll(() => queuesOf(stack), patiently).toMatchObject([{}, {}, { waiting: 0, inFlight: 1 }]);
    expect(await setEnabled(lambda, { UUID, Enabled: false })).toMatchObject({ State: "Disabling" });
    await expect(setEnabled(lambda, { UUID, Enabled: true })).rejects.toMatchObject({
      name: "ResourceInUseException",
      message: "Cannot update the event source mapping because it is in use.",
      $metadata: { httpStatusCode: 400 },
    });
    writeFileSync(gate(), "");
    await expect.poll(() => stateOf(lambda, UUID), patiently).toBe("Disabled");
    await setEnabled(lambda, { UUID, Enabled: true });

    await expect(
      lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 5 })),
    ).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  });

  test("stay paused across a restart with the same data directory, which says so", async () => {
    const data = await temporaryFolder();
    later.push(data.remove);
    const first = await start({ dataDir: data.path });
    const client = lambdaOf(first);
    const UUID = await mappingOf(client, "left");
    await expect.poll(() => stateOf(client, UUID), patiently).toBe("Enabled");
    await setEnabled(client, { UUID, Enabled: false });
    client.destroy();
    await first.stop();

    const problems: string[] = [];
    const second = await start({ dataDir: data.path, onProblem: (problem) => problems.push(problem) });
    later.push(second.stop);
    const again = lambdaOf(second);
    later.push(async () => again.destroy());
    expect(await stateOf(again, UUID)).toBe("Disabled");
    expect(problems).toEqual([
      "left is paused, as it was when the stack last ran: its messages wait until 'npx flagbridge resume worker'.",
    ]);
  });
});

describe("a function", () => {
  test("is shown with its time, memory and variables, by its name and in the list", async () => {
    const worker = {
      FunctionName: WORKER,
      FunctionArn: WORKER_ARN,
      Timeout: 2,
      MemorySize: 64,
      Environment: { Variables: { SECRET_PREFIX: "flagbridge/local/" } },
      State: "Active",
    };
    const named = { FunctionName: WORKER };
    expect(await lambda.send(new GetFunctionConfigurationCommand(named))).toMatchObject(worker);
    expect((await lambda.send(new GetFunctionCommand(named))).Configuration).toMatchObject(worker);
    expect((await lambda.send(new ListFunctionsCommand({ MaxItems: 1 }))).NextMarker).toBe("1");
    expect(await lambda.send(new ListFunctionsCommand({ Marker: "1" }))).toMatchObject({
      Functions: [worker, {}],
    });
    const concurrency = await lambda.send(new GetFunctionConcurrencyCommand(named));
    expect(concurrency.ReservedConcurrentExecutions).toBeUndefined();
    await expect(
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "worker" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  const invoke = async (event?: unknown) => {
    const payload = event === undefined ? {} : { Payload: JSON.stringify(event) };
    const answer = await lambda.send(new InvokeCommand({ FunctionName: `${WORKER}:$LATEST`, ...payload }));
    return {
      status: answer.StatusCode,
      error: answer.FunctionError,
      payload: JSON.parse(answer.Payload?.transformToString() ?? ""),
    };
  };

  test("is invoked, and its answer comes back", async () => {
    expect(await invoke({ a: "ü" })).toEqual({ status: 200, error: undefined, payload: { got: { a: "ü" } } });
    expect(await invoke()).toMatchObject({ payload: { got: {} } });
  });

  test.each([
    ["that throws", { fail: "no such day" }, { errorType: "TypeError", errorMessage: "no such day" }],
    [
      "that takes too long",
      { wait: 20_000 },
      { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 1.50 seconds" },
    ],
    ["that ends its process", { exit: true }, { errorType: "Runtime.ExitError" }],
  ])("%s is answered as Lambda answers it", async (_, event, payload) => {
    expect(await invoke(event)).toMatchObject({ status: 200, error: "Unhandled", payload });
  });

  test("is not invoked with what is no JSON, nor in a way that the local stack has not", async () => {
    const send = (more: Partial<InvokeCommand["input"]>) =>
      lambda.send(new InvokeCommand({ FunctionName: WORKER, ...more }));
    await expect(send({ Payload: "{" })).rejects.toMatchObject({ name: "InvalidRequestContentException" });
    await expect(send({ InvocationType: "Event" })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
    });
    expect((await send({ InvocationType: "DryRun" })).StatusCode).toBe(204);
  });
});
