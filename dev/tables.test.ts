import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { startTables, type Tables } from "./tables.ts";

const toStop: { stop: () => Promise<void> }[] = [];
const folders: TemporaryFolder[] = [];
afterEach(async () => {
  for (const one of toStop.splice(0).reverse()) await one.stop();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function open(directory?: string): Promise<{ tables: Tables; client: DynamoDBClient }> {
  const tables = await startTables({ tables: ["ledger"], directory });
  const client = new DynamoDBClient({
    endpoint: tables.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  toStop.push(tables, { stop: async () => client.destroy() });
  return { tables, client };
}

const key = { pk: { S: "p" }, sk: { S: "s" } };
const put = new PutItemCommand({ TableName: "ledger", Item: { ...key, n: { N: "1" } } });
const get = new GetItemCommand({ TableName: "ledger", Key: key });

test("the ledger table is there for the real client", async () => {
  const { client } = await open();

  await client.send(put);

  expect((await client.send(get)).Item).toEqual({ ...key, n: { N: "1" } });
});

test("a directory keeps the table and its items", async () => {
  const folder = await temporaryFolder();
  folders.push(folder);
  const first = await open(folder.path);
  await first.client.send(put);
  first.client.destroy();
  await toStop.shift()?.stop();

  const { client } = await open(folder.path);

  expect((await client.send(get)).Item).toEqual({ ...key, n: { N: "1" } });
});

test("a caller that is killed in the middle of a request takes nothing with it", async () => {
  const { tables, client } = await open();
  const socket = connect(Number(new URL(tables.endpoint).port), "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
  await sleep(100);

  socket.resetAndDestroy();
  await sleep(100);

  await client.send(put);
  expect((await client.send(get)).Item).toBeDefined();
});
