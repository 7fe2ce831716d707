import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listenOnLoopback } from "../../dev/listen.ts";
import { faultFields } from "../observability/log.ts";
import { createDynamoCalls } from "./dynamodb.ts";
import { createSecretReader, createSecretsClient } from "./secret.ts";
import { createQueues, createSqsClient } from "./sqs.ts";

let server: Server | undefined;
let received: IncomingMessage[] = [];

beforeEach(() => {
  received = [];
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "example-secret");
  vi.stubEnv("AWS_SESSION_TOKEN", "session-token");
});
afterEach(() => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
});

/** Every service of AWS, answering each call with the next of `listeners`, the last of them from then on. */
async function awsAnswering(...listeners: readonly RequestListener[]): Promise<void> {
  server = createServer((request, response) => {
    request.resume().on("end", () => {
      received.push(request);
      const listener = listeners[Math.min(received.length, listeners.length) - 1];
      listener?.(request, response);
    });
  });
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${await listenOnLoopback(server, 0)}`);
}

const answering =
  (status: number, body: unknown, headers = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
const resetting: RequestListener = (request) => request.socket.destroy();
const silent: RequestListener = () => {};
/** Headers and the first byte, then nothing. */
const standingStill: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-length": "100" });
  response.write("{");
};
/** Bytes that keep coming, each in time, and never the last. */
const dripping: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
  const timer = setInterval(() => response.write(" "), 20);
  response.on("close", () => clearInterval(timer));
};
/** Breaks off in the middle of a body. */
const cutOff: RequestListener = (request, response) => {
  response.writeHead(200, { "content-length": "100" });
  response.write("{", () => request.socket.destroy());
};

const ledger = () => createDynamoCalls({ table: "ledger", timeoutMs: 150 });
const entry = { pk: { S: "a" }, sk: { S: "b" } };
const address = { pk: "a", sk: "b" };
const take = {
  address,
  update: "SET #n = :n",
  condition: "#n < :n",
  names: { "#n": "n" },
  values: { ":n": { N: "1" } },
};
const throttled = answering(400, { __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException" });

describe("a ledger write without an answer is unanswered, and made once, when DynamoDB", () => {
  test.each<[string, RequestListener]>([
    ["says nothing", silent],
    ["resets the connection", resetting],
    ["sends the headers and then nothing", standingStill],
    ["sends a body that never ends", dripping],
    ["breaks off in the body", cutOff],
    ["answers 200 with no JSON", answering(200, "<html>")],
    ["answers 200 with no body", answering(200, "")],
  ])("%s", async (_name, listener) => {
    await awsAnswering(listener);
    expect(await ledger().batchWrite([entry])).toMatchObject({ kind: "unanswered" });
    expect(await ledger().update(take)).toMatchObject({ kind: "unanswered" });
    expect(received).toHaveLength(2);
  });
});

describe("a ledger call that DynamoDB answered with a failure", () => {
  test.each<[string, RequestListener]>([
    ["a throttle", throttled],
    ["a 500", answering(500, { __type: "InternalServerError" })],
    ["a 503 that is no JSON", answering(503, "<html>")],
    ["a 429 without a name", answering(429, "")],
  ])("of %s is unavailable, and made once", async (_name, listener) => {
    await awsAnswering(listener);
    expect(await ledger().batchWrite([entry])).toMatchObject({ kind: "unavailable" });
    expect(received).toHaveLength(1);
  });

  test("because its clock is wrong is unavailable, and the next has the right time", async () => {
    const hourAhead = new Date(Date.now() + 3_600_000);
    await awsAnswering(
      answering(400, { __type: "InvalidSignatureException" }, { date: hourAhead.toUTCString() }),
      answering(200, {}),
    );
    const calls = ledger();
    expect(await calls.get(address)).toMatchObject({ kind: "unavailable" });
    expect(await calls.get(address)).toEqual({ kind: "answered", item: undefined });
    expect(received[1]?.headers["x-amz-date"]?.slice(0, 11)).toBe(
      hourAhead.toISOString().replace(/[-:]/g, "").slice(0, 11),
    );
  });

  test("that no other attempt gets past says which call and why, and quotes nothing", async () => {
    await awsAnswering(
      answering(
        400,
        { __type: "ValidationException", message: "ana@example.com" },
        { "x-amzn-requestid": "R1" },
      ),
    );
    const refused = await ledger()
      .get(address)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: "ValidationException",
      message: "GetItem was answered with status 400 (ValidationException, request R1)",
    });
    expect(JSON.stringify(refused)).not.toContain("ana@example.com");
  });

  test("is told from an answer that cannot be read, whose text is not quoted", async () => {
    await awsAnswering(answering(200, '{"Item":{"sk":{"S":"ana@example.com"'));
    const answer = await ledger().get(address);
    if (answer.kind !== "unanswered") throw new Error(`it is ${answer.kind}`);
    expect(answer.cause.message).toBe("GetItem was answered with no JSON");
  });
});

describe("a call of SQS", () => {
  const confirmed = [{ kind: "confirmed" }];
  const taken = answering(200, {
    Successful: [{ Id: "0", MessageId: "m", MD5OfMessageBody: "0cc175b9c0f1b6a831c399e269772661" }],
  });
  const send = async () =>
    createQueues(createSqsClient(150)).sendToQueue(`${process.env.AWS_ENDPOINT_URL}/000000000000/queue`, [
      { body: "a" },
    ]);

  test.each<[string, RequestListener]>([
    ["a 500", answering(500, { __type: "InternalFailure" })],
    ["a 503 that is no JSON", answering(503, "<html>")],
    ["a throttle", answering(400, { __type: "com.amazonaws.sqs#RequestThrottled" })],
    ["a reset connection", resetting],
    ["silence", silent],
    ["a body that stands still", standingStill],
  ])("is made once more after %s", async (_name, listener) => {
    await awsAnswering(listener, taken);
    expect(await send()).toEqual(confirmed);
    expect(received).toHaveLength(2);
  });

  test.each<[string, RequestListener, string]>([
    [
      "a queue that is not there",
      answering(400, { __type: "com.amazonaws.sqs#QueueDoesNotExist" }),
      "QueueDoesNotExist",
    ],
    ["an answer with no JSON", answering(200, '{"Succ'), "MalformedAnswer"],
    ["an answer with no body", answering(200, ""), "EmptyAnswer"],
  ])("is not made again after %s", async (_name, listener, code) => {
    await awsAnswering(listener);
    expect(await send()).toEqual([{ kind: "failed", code }]);
    expect(received).toHaveLength(1);
  });

  test("carries the session's token, the trace by which Lambda finds loops, and the client's version", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "flagbridge-ingest");
    vi.stubEnv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793");
    await awsAnswering(taken);
    await send();
    expect(received[0]?.headers).toMatchObject({
      "x-amz-security-token": "session-token",
      "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793",
      "user-agent": expect.stringMatching(/^aws-sdk-js\/\d+\.\d+\.\d+ /),
    });
  });

  test("without credentials in the environment is not made, and says so", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "");
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    await awsAnswering(taken);
    const client = createSqsClient();
    await expect(
      client.send(new SendMessageBatchCommand({ QueueUrl: "http://127.0.0.1/0/q", Entries: [] })),
    ).rejects.toMatchObject({ name: "CredentialsProviderError" });
    expect(received).toHaveLength(0);
  });
});

describe("a secret is unreachable, and read twice at most, when Secrets Manager", () => {
  const readSecret = async () => {
    const read = createSecretReader({
      client: createSecretsClient(150),
      prefix: "",
      check: (value) => ({ ok: true, value }),
      now: () => 0,
    });
    return (await read(["a"], "cached")).get("a");
  };

  test.each<[string, RequestListener, string]>([
    ["says nothing", silent, "TimeoutError"],
    ["sends a body that never ends", dripping, "TimeoutError"],
    ["resets the connection", resetting, "ECONNRESET"],
    [
      "answers with no JSON, of which nothing is quoted",
      answering(200, '{"SecretString":"hunter2'),
      "MalformedAnswer",
    ],
    ["answers with no body", answering(200, ""), "EmptyAnswer"],
    ["is throttled", throttled, "ThrottlingException"],
  ])("%s", async (_name, listener, code) => {
    await awsAnswering(listener);
    expect(await readSecret()).toEqual({
      kind: "unreachable",
      problem: `secret "a" could not be read (${code}); it is tried again by itself`,
    });
    expect(received.length).toBeLessThanOrEqual(2);
  });
});

describe("what AWS refused has AWS's id of the request", () => {
  const refusing = (status: number, type: string) =>
    answering(status, { __type: type }, { "x-amzn-requestid": "R1" });

  test("in the outcome of each entry of a queue's batch", async () => {
    await awsAnswering(refusing(400, "com.amazonaws.sqs#QueueDoesNotExist"));
    const url = `${process.env.AWS_ENDPOINT_URL}/000000000000/queue`;
    expect(await createQueues(createSqsClient(150)).sendToQueue(url, [{ body: "a" }])).toEqual([
      { kind: "failed", code: "QueueDoesNotExist", requestId: "R1" },
    ]);
  });

  test("in the outcome of an entry that SQS refuses by itself", async () => {
    const entry = { Id: "0", Code: "InternalError", SenderFault: true };
    await awsAnswering(answering(200, { Failed: [entry] }, { "x-amzn-requestid": "R2" }));
    const url = `${process.env.AWS_ENDPOINT_URL}/000000000000/queue`;
    expect(await createQueues(createSqsClient(150)).sendToQueue(url, [{ body: "a" }])).toEqual([
      { kind: "failed", code: "InternalError", requestId: "R2" },
    ]);
  });

  test.each(["AccessDeniedException", "InternalServiceError"])(
    "in the problem of a secret (%s)",
    async (type) => {
      await awsAnswering(refusing(400, type));
      const client = createSecretsClient(150);
      const check = (value: unknown) => ({ ok: true, value }) as const;
      const read = createSecretReader({ client, prefix: "", check, now: () => 0 });
      for (const names of [["a"], ["a", "b"]])
        expect((await read(names, "cached")).get(names.at(-1) ?? "")).toMatchObject({
          problem: expect.stringContaining("(request R1)"),
        });
    },
  );

  test("in the line of an error of the ledger, also where it is the cause of another", async () => {
    await awsAnswering(refusing(400, "ValidationException"));
    const refused = await ledger()
      .get(address)
      .catch((error: unknown) => error);
    expect(faultFields(refused)).toMatchObject({ awsRequestId: "R1" });
    expect(faultFields(new Error("of the ledger", { cause: refused }))).toMatchObject({ awsRequestId: "R1" });
  });

  test("in the cause of an answer that cannot be read", async () => {
    await awsAnswering(answering(200, '{"Item":', { "x-amzn-requestid": "R1" }));
    expect(faultFields(Object(await ledger().get(address)).cause)).toMatchObject({ awsRequestId: "R1" });
  });
});
