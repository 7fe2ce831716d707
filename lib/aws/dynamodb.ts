import * as z from "zod/mini";
import type { DynamoCalls, PassingFailure } from "../audience/ledger/dynamodb-calls.ts";
import { addressOfItem, type StoredItem } from "../audience/ledger/items.ts";
import type { Address } from "../audience/ledger/keys.ts";
import { AwsError, createAwsClient, inShape } from "./client.ts";

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
 * One attempt a call: a client that repeats would repeat a write that got no answer, and whoever sees the repeat
 * succeed would let go of the segment while the first is still on its way. The ledger repeats what it knows to be
 * harmless.
 */
export function createDynamoCalls({ table, timeoutMs }: DynamoSettings): DynamoCalls {
  const client = createAwsClient(
    { id: "DYNAMODB", name: "dynamodb", targetPrefix: "DynamoDB_20120810", jsonVersion: "1.0" },
    { attempts: 1, connectionTimeoutMs: timeoutMs, timeoutMs, maxSockets: 16, idleMs: IDLE_MS },
  );
  const call = async <Shape extends z.ZodMiniType>(shape: Shape, operation: string, input: object) =>
    inShape(shape, operation, await client(operation, input));

  return {
    timeoutMs,

    get: (address) =>
      orPassing(async () => {
        const input = { TableName: table, Key: keyOf(address), ConsistentRead: true };
        return { kind: "answered", item: (await call(gotten, "GetItem", input)).Item };
      }),

    update: (request) =>
      orPassing(async () => {
        const input = {
          TableName: table,
          Key: keyOf(request.address),
          UpdateExpression: request.update,
          ConditionExpression: request.condition,
          ExpressionAttributeNames: request.names,
          ExpressionAttributeValues: request.values,
          ReturnValues: "ALL_NEW",
        };
        try {
          return { kind: "answered", item: (await call(updated, "UpdateItem", input)).Attributes ?? {} };
        } catch (error) {
          if (error instanceof AwsError && error.name === "ConditionalCheckFailedException")
            return { kind: "condition-failed" };
          throw error;
        }
      }),

    batchGet: (addresses) =>
      orPassing(async () => {
        const wanted = { [table]: { Keys: addresses.map(keyOf), ConsistentRead: true } };
        const answer = await call(batchGotten, "BatchGetItem", { RequestItems: wanted });
        return {
          kind: "answered",
          items: answer.Responses?.[table] ?? [],
          unprocessed: (answer.UnprocessedKeys?.[table]?.Keys ?? []).map(addressOfItem),
        };
      }),

    batchWrite: (items) =>
      orPassing(async () => {
        const puts = { [table]: items.map((item) => ({ PutRequest: { Item: item } })) };
        const answer = await call(batchWritten, "BatchWriteItem", { RequestItems: puts });
        const left = answer.UnprocessedItems?.[table] ?? [];
        return {
          kind: "answered",
          unprocessed: left.map(({ PutRequest }) => addressOfItem(PutRequest.Item)),
        };
      }),
  };
}

/** Written as a function: a thousand items come at a time, and zod's records copy every member. */
const item = z.custom<StoredItem>(isStoredItem);
const gotten = z.object({ Item: z.optional(item) });
const updated = z.object({ Attributes: z.optional(item) });
const batchGotten = z.object({
  Responses: z.optional(z.record(z.string(), z.array(item))),
  UnprocessedKeys: z.optional(z.record(z.string(), z.object({ Keys: z.array(item) }))),
});
const batchWritten = z.object({
  UnprocessedItems: z.optional(
    z.record(z.string(), z.array(z.object({ PutRequest: z.object({ Item: item }) }))),
  ),
});

/** Attributes of other types than ours are objects too; whoever needs one of ours finds it missing there. */
function isStoredItem(value: unknown): value is StoredItem {
  if (!isObject(value)) return false;
  return Object.values(value).every(
    (attribute) =>
      isObject(attribute) &&
      isAbsentOr("string", attribute.S) &&
      isAbsentOr("string", attribute.N) &&
      isAbsentOr("boolean", attribute.BOOL),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isAbsentOr(type: "string" | "boolean", value: unknown): boolean {
  return value === undefined || typeof value === type;
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
    if (!(error instanceof AwsError) || error.$metadata.httpStatusCode === 200)
      return { kind: "unanswered", cause: error };
    if (THROTTLING.has(error.name) || error.$metadata.httpStatusCode >= 500) {
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
