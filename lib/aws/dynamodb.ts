import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { DynamoCalls, PassingFailure } from "../table/calls.ts";
import { type Address, addressOfItem } from "../table/item.ts";
import { callFailure } from "./call-failure.ts";
import { clientSettings } from "./client-settings.ts";

/**
 * When an unused connection is closed. One that slept with a frozen function may be dead without a sign, and a write
 * on it would count as unanswered: the segment would rest for a minute. A new connection costs some milliseconds.
 */
const IDLE_MS = 5_000;

export type DynamoSettings = {
  readonly table: string;
  /** Longest a call may take, its answer's body included, in ms. */
  readonly timeoutMs: number;
  /** The operator's own, which repeats calls: for holds alone, whose updates may be repeated. Without it a client is opened. */
  readonly client?: DynamoDBClient;
};

/**
 * One table's calls over one kept-alive client, with region, credentials and endpoint from the environment.
 *
 * One attempt a call: a client that repeats would repeat a write that got no answer, and whoever sees the repeat
 * succeed would let go of the segment while the first is still on its way. The ledger repeats what it knows to be
 * harmless.
 */
export function createDynamoCalls({
  table,
  timeoutMs,
  client = openClient(timeoutMs),
}: DynamoSettings): DynamoCalls {
  return {
    timeoutMs,

    get: (address) =>
      orPassing("GetItem", async () => {
        const input = { TableName: table, Key: keyOf(address), ConsistentRead: true };
        return { kind: "answered", item: (await client.send(new GetItemCommand(input))).Item };
      }),

    update: (request) =>
      orPassing("UpdateItem", async () => {
        const command = new UpdateItemCommand({
          TableName: table,
          Key: keyOf(request.address),
          UpdateExpression: request.update,
          ConditionExpression: request.condition,
          ExpressionAttributeNames: request.names,
          ExpressionAttributeValues: request.values,
          ReturnValues: "ALL_NEW",
        });
        try {
          return { kind: "answered", item: (await client.send(command)).Attributes ?? {} };
        } catch (error) {
          if (error instanceof Error && error.name === "ConditionalCheckFailedException")
            return { kind: "condition-failed" };
          throw error;
        }
      }),

    batchGet: (addresses) =>
      orPassing("BatchGetItem", async () => {
        const wanted = { [table]: { Keys: addresses.map(keyOf), ConsistentRead: true } };
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: wanted }));
        return {
          kind: "answered",
          items: answer.Responses?.[table] ?? [],
          unprocessed: (answer.UnprocessedKeys?.[table]?.Keys ?? []).map(addressOfItem),
        };
      }),

    batchWrite: (items) =>
      orPassing("BatchWriteItem", async () => {
        const puts = { [table]: items.map((item) => ({ PutRequest: { Item: item } })) };
        const answer = await client.send(new BatchWriteItemCommand({ RequestItems: puts }));
        const left = answer.UnprocessedItems?.[table] ?? [];
        return {
          kind: "answered",
          unprocessed: left.map(({ PutRequest }) => addressOfItem(PutRequest?.Item ?? {})),
        };
      }),
  };
}

function openClient(timeoutMs: number): DynamoDBClient {
  return new DynamoDBClient(
    clientSettings({
      attempts: 1,
      connectionTimeoutMs: timeoutMs,
      timeoutMs,
      maxSockets: 16,
      idleMs: IDLE_MS,
    }),
  );
}

export function keyOf({ pk, sk }: Address) {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** Returns errors that another attempt may get past as values, and throws the others (permissions, a missing table). */
export async function orPassing<Answer>(
  operation: string,
  call: () => Promise<Answer>,
): Promise<Answer | PassingFailure> {
  try {
    return await call();
  } catch (error) {
    const { kind, cause } = callFailure(operation, error);
    if (kind === "refused") throw cause;
    return { kind, cause };
  }
}
