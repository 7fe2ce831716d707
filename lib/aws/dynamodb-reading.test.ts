import { createServer, type Server } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, test } from "vitest";
import { listenOnLoopback } from "../../dev/listen.ts";
import { createTableReadingCalls } from "./dynamodb-reading.ts";

type Answer = { readonly status: number; readonly body: string };

const page = { partition: "a#b#user#0", limit: 10 };
const throttled: Answer = {
  status: 400,
  body: JSON.stringify({ __type: "com.amazon#ThrottlingException", message: "Rate exceeded" }),
};
const answered = (content: object): Answer => ({ status: 200, body: JSON.stringify(content) });
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** The calls over the SDK's own client, to a server that answers with these, the last one again and again. */
async function answering(...answers: readonly Answer[]) {
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    asked.push(JSON.parse(text));
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    response.writeHead(answer?.status ?? 500, { "content-type": "application/x-amz-json-1.0" });
    response.end(answer?.body);
  });
  servers.push(server);
  const endpoint = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  const client = new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    maxAttempts: 2,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  return { calls: createTableReadingCalls({ client, table: "ledger" }), asked };
}

describe("of what DynamoDB answers", () => {
  test("a page that was throttled is repeated by the client", async () => {
    const items = [{ pk: { S: "a#b#user#0" }, sk: { S: "ana" } }];
    const { calls, asked } = await answering(
      throttled,
      answered({ Items: items, ConsumedCapacity: { CapacityUnits: 1.5 }, LastEvaluatedKey: items[0] }),
    );
    expect(await calls.query(page)).toEqual({
      kind: "answered",
      items,
      readUnits: 1.5,
      next: { pk: "a#b#user#0", sk: "ana" },
    });
    expect(asked).toHaveLength(2);
  });

  test("throttling that does not pass is unavailable", async () => {
    const { calls } = await answering(throttled);
    expect(await calls.scan({ part: 0, parts: 1, limit: 10 })).toMatchObject({
      kind: "unavailable",
      cause: { name: "ThrottlingException" },
    });
  });

  test("a status 200 without content is no empty page, no empty table and no absent item", async () => {
    const { calls } = await answering({ status: 200, body: "" });
    const answers = await Promise.all([
      calls.query(page),
      calls.scan({ part: 0, parts: 1, limit: 10 }),
      calls.batchGet([{ pk: "a", sk: "b" }]),
      calls.size(),
    ]);
    expect(answers.map(({ kind }) => kind)).toEqual(Array(4).fill("unanswered"));
  });

  test("a missing permission is thrown with the call that it is for", async () => {
    const { calls } = await answering({
      status: 400,
      body: JSON.stringify({ __type: "com.amazon#AccessDeniedException", message: "no" }),
    });
    await expect(calls.scan({ part: 0, parts: 1, limit: 10 })).rejects.toThrow(
      /^Scan was answered with status 400 \(AccessDeniedException/,
    );
  });

  test("a condition that is not met is an answer", async () => {
    const { calls } = await answering({
      status: 400,
      body: JSON.stringify({ __type: "com.amazon#ConditionalCheckFailedException", message: "no" }),
    });
    const deletion = { address: { pk: "a", sk: "b" }, condition: "#n = :n", names: {}, values: {} };
    expect(await calls.deleteIf(deletion)).toEqual({ kind: "condition-failed" });
  });

  test("the size of the table is that of its description", async () => {
    const { calls } = await answering(answered({ Table: { ItemCount: 12, TableSizeBytes: 3_400 } }));
    expect(await calls.size()).toEqual({ kind: "answered", items: 12, bytes: 3_400 });
  });

  test("keys that were left unread come back by their address", async () => {
    const { calls } = await answering(
      answered({
        Responses: { ledger: [] },
        UnprocessedKeys: { ledger: { Keys: [{ pk: { S: "a" }, sk: { S: "b" } }] } },
      }),
    );
    expect(await calls.batchGet([{ pk: "a", sk: "b" }])).toEqual({
      kind: "answered",
      items: [],
      unprocessed: [{ pk: "a", sk: "b" }],
    });
  });
});

describe("of what is asked", () => {
  test("members are read consistently and a scan at half the price, and both ask what they cost", async () => {
    const { calls, asked } = await answering(answered({ Items: [] }));
    await calls.query({ ...page, after: { pk: "a#b#user#0", sk: "ana" } });
    await calls.scan({ part: 1, parts: 4, limit: 10 });
    expect(asked[0]).toMatchObject({
      ConsistentRead: true,
      ReturnConsumedCapacity: "TOTAL",
      ExclusiveStartKey: { pk: { S: "a#b#user#0" }, sk: { S: "ana" } },
    });
    expect(asked[1]).toEqual({
      TableName: "ledger",
      Limit: 10,
      ReturnConsumedCapacity: "TOTAL",
      Segment: 1,
      TotalSegments: 4,
    });
  });
});

test("an operator who is not logged in gets the SDK's own words, and no call is repeated for it", async () => {
  let asked = 0;
  const client = new DynamoDBClient({
    region: "us-east-1",
    credentials: async () => {
      asked += 1;
      const error = new Error("The SSO session has expired. Run aws sso login");
      throw Object.assign(error, { name: "CredentialsProviderError" });
    },
  });
  const calls = createTableReadingCalls({ client, table: "ledger" });
  await expect(calls.query(page)).rejects.toThrow("aws sso login");
  expect(asked).toBe(1);
});
