import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listenOnLoopback } from "../../dev/listen.ts";
import { AwsError, createAwsClient } from "./client.ts";

const dynamodb = {
  id: "DYNAMODB",
  name: "dynamodb",
  targetPrefix: "DynamoDB_20120810",
  jsonVersion: "1.0",
} as const;
const sqs = { id: "SQS", name: "sqs", targetPrefix: "AmazonSQS", jsonVersion: "1.0" } as const;
const secrets = {
  id: "SECRETS_MANAGER",
  name: "secretsmanager",
  targetPrefix: "secretsmanager",
  jsonVersion: "1.1",
} as const;
const limits = { attempts: 2, connectionTimeoutMs: 500, timeoutMs: 500, maxSockets: 4 };

type Received = Pick<IncomingMessage, "method" | "url" | "headers"> & { readonly body: string };

let server: Server | undefined;
let received: Received[] = [];

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

/** Where a service answers everything with `listener`, after having kept the request. */
async function serviceAnswering(listener: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
      listener(request, response);
    });
  });
  const endpoint = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
  return endpoint;
}

const answering =
  (status: number, body: unknown, headers = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

describe("on the wire a call is the one of AWS's own client", () => {
  const Entries = [
    { Id: "0", MessageBody: "é", MessageAttributes: { a: { DataType: "String", StringValue: "b" } } },
  ];
  const Key = { pk: { S: "a" }, sk: { S: "b" } };
  const item = { TableName: "ledger", Key, ConsistentRead: true };

  test.each([
    [
      "SendMessageBatch",
      sqs,
      (url: string) => ({ QueueUrl: `${url}/0/queue`, Entries }),
      (url: string) =>
        new SQSClient({ endpoint: url }).send(
          new SendMessageBatchCommand({ QueueUrl: `${url}/0/queue`, Entries }),
        ),
    ],
    [
      "GetSecretValue",
      secrets,
      () => ({ SecretId: "a/b" }),
      (url: string) =>
        new SecretsManagerClient({ endpoint: url }).send(new GetSecretValueCommand({ SecretId: "a/b" })),
    ],
    [
      "GetItem",
      dynamodb,
      () => item,
      (url: string) => new DynamoDBClient({ endpoint: url }).send(new GetItemCommand(item)),
    ],
  ] as const)("%s", async (operation, service, input, sendWithSdk) => {
    const url = await serviceAnswering(answering(200, {}));
    await createAwsClient(service, limits)(operation, input(url));
    await sendWithSdk(url);
    const [ours, sdks] = received.map(({ method, url: path, headers, body }) => ({
      method,
      path,
      body: JSON.parse(body),
      target: headers["x-amz-target"],
      type: headers["content-type"],
      token: headers["x-amz-security-token"],
      scope: /Credential=([^,]+)/.exec(headers.authorization ?? "")?.[1],
    }));
    expect(ours).toEqual(sdks);
    expect(ours?.token).toBe("session-token");
  });
});

test("what is signed is what arrives", async () => {
  await serviceAnswering(answering(200, {}));
  await createAwsClient(dynamodb, limits)("GetItem", { TableName: "é" });
  const [{ headers, body, method, url } = failed()] = received;
  const { authorization = "" } = headers;
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(";") ?? [];
  expect(signed).toEqual(
    expect.arrayContaining(["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]),
  );
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const canonical = [
    method,
    url,
    "",
    ...signed.map((name) => `${name}:${headers[name]}`),
    "",
    signed.join(";"),
    sha256(body),
  ].join("\n");
  const date = String(headers["x-amz-date"]);
  const scope = `${date.slice(0, 8)}/eu-central-1/dynamodb/aws4_request`;
  const key = scope.split("/").reduce<string | Buffer>(hmac, "AWS4example-secret");
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString("hex");
  expect(authorization).toContain(`Signature=${signature}`);
});

describe("a call", () => {
  test.each([
    ["a 500", answering(500, { __type: "InternalFailure" })],
    ["a 503 that is no JSON", answering(503, "<html>")],
    ["throttling", answering(400, { __type: "com.amazonaws.sqs#RequestThrottled" })],
    ["a reset connection", (request: IncomingMessage) => request.socket.destroy()],
    ["silence", () => {}],
  ] as const)("is made once more after %s", async (_name, first) => {
    await serviceAnswering((request, response) =>
      received.length === 1 ? first(request, response) : answering(200, { done: true })(request, response),
    );
    expect(await createAwsClient(sqs, limits)("SendMessageBatch", {})).toEqual({ done: true });
    expect(received).toHaveLength(2);
  });

  test("is not made again when AWS says that it is wrong", async () => {
    await serviceAnswering(
      answering(400, { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "secret" }),
    );
    const error = await createAwsClient(sqs, limits)("SendMessageBatch", {}).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AwsError);
    expect(error).toMatchObject({
      name: "QueueDoesNotExist",
      message: "SendMessageBatch was answered with status 400 (QueueDoesNotExist)",
    });
    expect(received).toHaveLength(1);
  });

  test("fails with the name in the header when the body has none", async () => {
    await serviceAnswering(
      answering(400, "", { "x-amzn-errortype": "AccessDeniedException:http://internal/" }),
    );
    await expect(createAwsClient(sqs, limits)("SendMessageBatch", {})).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  test("fails by its time limit although the headers have come", async () => {
    await serviceAnswering((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
    });
    const call = createAwsClient(secrets, { ...limits, attempts: 1, timeoutMs: 100 })("GetSecretValue", {});
    await expect(call).rejects.toMatchObject({ name: "TimeoutError" });
  });

  test("whose answer is no JSON fails without quoting it", async () => {
    await serviceAnswering(answering(200, '{"SecretString":"hunter2'));
    await expect(createAwsClient(secrets, limits)("GetSecretValue", {})).rejects.toThrow(
      "GetSecretValue was answered with status 200 (MalformedAnswer)",
    );
  });

  test.each([
    ["AWS_REGION", "AWS_REGION is not set"],
    ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"],
  ])("without %s says what to set", async (variable, message) => {
    await serviceAnswering(answering(200, {}));
    vi.stubEnv(variable, "");
    vi.stubEnv("AWS_DEFAULT_REGION", "");
    await expect(createAwsClient(dynamodb, limits)("GetItem", {})).rejects.toThrow(message);
    expect(received).toHaveLength(0);
  });
});

function failed(): never {
  throw new Error("no request arrived");
}
