import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { DynamoCalls, PassingFailure } from "../audience/ledger/dynamodb-calls.ts";
import { addressOfItem } from "../audience/ledger/items.ts";
import type { Address } from "../audience/ledger/keys.ts";

/**
 * When an unused connection is closed. One that slept with a frozen function may be dead without a sign, and a write
 * on it would count as unanswered: the segment would rest for a minute. A new connection costs some milliseconds.
 */
const IDLE_MS = 5_000;

export type DynamoSettings = {
  readonly table: string;
  /** Longest a call may take, its answer's body included, in ms. */
  readonly timeoutMs: number;
};

/**
 * One table's calls over one kept-alive client, with region, credentials and endpoint from the environment.
 *
 * One attempt a call: the SDK would repeat a write that got no answer, and whoever sees the repeat succeed would
 * let go of the segment while the first is still on its way. The ledger repeats what it knows to be harmless.
 *
 * The time limit is an abort signal and not the SDK's `requestTimeout`, which ends when the headers have come: a
 * body that stands still would hold the call open.
 */
export function createDynamoCalls({ table, timeoutMs }: DynamoSettings): DynamoCalls {
  const agent = { keepAlive: true, maxSockets: 16, timeout: IDLE_MS };
  const client = new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutMs, httpAgent: agent, httpsAgent: agent },
  });
  const limited = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });

  return {
    timeoutMs,

    get: (address) =>
      orPassing(async () => {
        const command = new GetItemCommand({ TableName: table, Key: keyOf(address), ConsistentRead: true });
        const { Item } = await client.send(command, limited());
        return { kind: "answered", item: Item };
      }),

    update: (request) =>
      orPassing(async () => {
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
          const { Attributes } = await client.send(command, limited());
          return { kind: "answered", item: Attributes ?? {} };
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) return { kind: "condition-failed" };
          throw error;
        }
      }),

    batchGet: (addresses) =>
      orPassing(async () => {
        const request = { [table]: { Keys: addresses.map(keyOf), ConsistentRead: true } };
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }), limited());
        return {
          kind: "answered",
          items: answer.Responses?.[table] ?? [],
          unprocessed: (answer.UnprocessedKeys?.[table]?.Keys ?? []).map(addressOfItem),
        };
      }),

    batchWrite: (items) =>
      orPassing(async () => {
        const request = { [table]: items.map((item) => ({ PutRequest: { Item: item } })) };
        const answer = await client.send(new BatchWriteItemCommand({ RequestItems: request }), limited());
        const left = answer.UnprocessedItems?.[table] ?? [];
        return {
          kind: "answered",
          unprocessed: left.map(({ PutRequest }) => addressOfItem(PutRequest?.Item ?? {})),
        };
      }),
  };
}

function keyOf({ pk, sk }: Address) {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** Errors that another attempt may get past become values; permissions, a missing table and the like are thrown. */
async function orPassing<Answer>(call: () => Promise<Answer>): Promise<Answer | PassingFailure> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof DynamoDBServiceException)) return { kind: "unanswered", cause: error };
    if (THROTTLING.has(error.name) || (error.$metadata.httpStatusCode ?? 0) >= 500) {
      return { kind: "unavailable", cause: error };
    }
    throw error;
  }
}

/**
 * Refusals of DynamoDB that pass, all with status 400.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const THROTTLING = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);
