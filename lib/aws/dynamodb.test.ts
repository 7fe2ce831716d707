import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDynamoCalls } from "./dynamodb.ts";

const address = { pk: "a#b#user#0", sk: "ana" };
let server: Server | undefined;
let requests = 0;

beforeEach(() => {
  requests = 0;
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
});

afterEach(() => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
});

/** Calls of a table whose database answers as `listener` does. */
async function callsAnsweredBy(listener: RequestListener) {
  server = createServer((request, response) => {
    requests += 1;
    request.resume().on("end", () => listener(request, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error("the server listens on no port");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", `http://127.0.0.1:${bound.port}`);
  return createDynamoCalls({ table: "ledger", timeoutMs: 200 });
}

const refusing =
  (status: number, type: string): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "no" }));
  };

describe("a write that DynamoDB does not answer", () => {
  test.each<[string, RequestListener]>([
    ["for longer than the limit", () => {}],
    ["because it resets the connection", (request) => request.socket.destroy()],
    [
      "in full, when the headers have come and the body stands still",
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": "100" });
        response.write("{");
      },
    ],
  ])("%s is unanswered, and sent once", async (_name, listener) => {
    const calls = await callsAnsweredBy(listener);
    const startedMs = performance.now();
    expect(await calls.batchWrite([{ pk: { S: "a" }, sk: { S: "b" } }])).toMatchObject({
      kind: "unanswered",
    });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(requests).toBe(1);
  });
});

describe("an answered failure", () => {
  test.each([
    [400, "ProvisionedThroughputExceededException"],
    [400, "ThrottlingException"],
    [400, "RequestLimitExceeded"],
    [500, "InternalServerError"],
    [503, "ServiceUnavailable"],
  ])("with status %i and type %s is unavailable, and the SDK does not repeat it", async (status, type) => {
    const calls = await callsAnsweredBy(refusing(status, type));
    expect(await calls.get(address)).toMatchObject({ kind: "unavailable" });
    expect(requests).toBe(1);
  });

  test.each(["ResourceNotFoundException", "AccessDeniedException", "ValidationException"])(
    "of type %s is thrown, because no other attempt fares better",
    async (type) => {
      const calls = await callsAnsweredBy(refusing(400, type));
      await expect(calls.get(address)).rejects.toMatchObject({ name: type });
    },
  );
});

test("what was left unprocessed comes back by its address", async () => {
  const calls = await callsAnsweredBy((_request, response) => {
    const left = { pk: { S: address.pk }, sk: { S: address.sk } };
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify({ UnprocessedItems: { ledger: [{ PutRequest: { Item: left } }] } }));
  });
  expect(await calls.batchWrite([{ pk: { S: "a" }, sk: { S: "b" } }])).toEqual({
    kind: "answered",
    unprocessed: [address],
  });
});

test("calls one after another use one connection", async () => {
  const calls = await callsAnsweredBy((_request, response) => {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
    response.end("{}");
  });
  let connections = 0;
  server?.on("connection", () => {
    connections += 1;
  });
  for (let call = 0; call < 5; call += 1) await calls.get(address);
  expect(connections).toBe(1);
});
