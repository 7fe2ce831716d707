import { createServer } from "node:http";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listenOnLoopback } from "../../dev/listen.ts";
import { stubAws } from "../../test/support/aws-environment.ts";
import { createDynamoCalls } from "./dynamodb.ts";

const address = { pk: "a#b#user#0", sk: "ana" };
const key = { pk: { S: address.pk }, sk: { S: address.sk } };
const calls = () => createDynamoCalls({ table: "ledger", timeoutMs: 200 });

beforeEach(() => {
  stubAws();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("of what DynamoDB answers", () => {
  let dynamodb: AwsClientStub<DynamoDBClient>;
  beforeEach(() => {
    dynamodb = mockClient(DynamoDBClient);
  });
  afterEach(() => dynamodb.restore());

  const refusal = (name: string, httpStatusCode: number) =>
    new DynamoDBServiceException({ name, $fault: "client", $metadata: { httpStatusCode } });

  test.each([
    [400, "ProvisionedThroughputExceededException"],
    [400, "ThrottlingException"],
    [400, "RequestLimitExceeded"],
    [500, "InternalServerError"],
    [503, "ServiceUnavailable"],
  ])("status %i and type %s is unavailable", async (status, type) => {
    dynamodb.on(GetItemCommand).rejects(refusal(type, status));
    expect(await calls().get(address)).toMatchObject({ kind: "unavailable", cause: { name: type } });
  });

  test.each(["ResourceNotFoundException", "AccessDeniedException", "ValidationException"])(
    "type %s is thrown, because no other attempt fares better",
    async (type) => {
      dynamodb.on(GetItemCommand).rejects(refusal(type, 400));
      await expect(calls().get(address)).rejects.toMatchObject({ name: type });
    },
  );

  test("a condition that is not met is an answer", async () => {
    const failed = new ConditionalCheckFailedException({ message: "no", $metadata: { httpStatusCode: 400 } });
    dynamodb.on(UpdateItemCommand).rejects(failed);
    const update = { address, update: "SET #n = :n", condition: "#n < :n", names: { "#n": "n" }, values: {} };
    expect(await calls().update(update)).toEqual({ kind: "condition-failed" });
  });

  test("what was left unwritten comes back by its address", async () => {
    dynamodb
      .on(BatchWriteItemCommand)
      .resolves({ UnprocessedItems: { ledger: [{ PutRequest: { Item: key } }], other: [] } });
    expect(await calls().batchWrite([{ pk: { S: "a" }, sk: { S: "b" } }])).toEqual({
      kind: "answered",
      unprocessed: [address],
    });
  });

  test("what was left unread comes back by its address, beside what was read", async () => {
    const item = { pk: { S: "a" }, sk: { S: "b" }, n: { N: "1" } };
    dynamodb
      .on(BatchGetItemCommand)
      .resolves({ Responses: { ledger: [item] }, UnprocessedKeys: { ledger: { Keys: [key] } } });
    expect(await calls().batchGet([{ pk: "a", sk: "b" }, address])).toEqual({
      kind: "answered",
      items: [item],
      unprocessed: [address],
    });
  });

  test("an item of a foreign type is left to whoever reads it", async () => {
    dynamodb.on(GetItemCommand).resolves({ Item: { ...key, n: { SS: ["1"] } } });
    expect(await calls().get(address)).toEqual({ kind: "answered", item: { ...key, n: { SS: ["1"] } } });
  });
});

test("calls one after another use one connection", async () => {
  let connections = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
      response.end("{}");
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", `http://127.0.0.1:${await listenOnLoopback(server, 0)}`);
  const table = calls();
  for (let call = 0; call < 5; call += 1) await table.get(address);
  expect(connections).toBe(1);
  server.closeAllConnections();
  server.close();
});
