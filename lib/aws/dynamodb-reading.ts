import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import type { PassingFailure } from "../table/calls.ts";
import { type Address, addressOfItem } from "../table/item.ts";
import type { PageAnswer, TableReadingCalls } from "../table/reading-calls.ts";
import { clientSettings } from "./client-settings.ts";
import { keyOf, orPassing } from "./dynamodb.ts";

/** A client for a function that reads a whole table: these calls may be repeated as often as one likes. */
export function createReadingClient(): DynamoDBClient {
  const limits = { attempts: 3, connectionTimeoutMs: 2_000, timeoutMs: 10_000, maxSockets: 16 };
  return new DynamoDBClient(clientSettings(limits));
}

/**
 * One table's reading calls over the operator's own client, with the region, the credentials and the endpoint that it has. It may
 * repeat calls as it likes, because none of these does harm when it lands late.
 *
 * The calls reject with the SDK's own error where the credentials cannot be had: its message says how to log in.
 */
export function createTableReadingCalls({
  client,
  table,
}: {
  readonly client: DynamoDBClient;
  readonly table: string;
}): TableReadingCalls {
  const paged = (after: Address | undefined, limit: number) => ({
    TableName: table,
    Limit: limit,
    ReturnConsumedCapacity: "TOTAL" as const,
    ...(after && { ExclusiveStartKey: keyOf(after) }),
  });

  return {
    query: ({ partition, limit, after }) =>
      orReason("Query", async () => {
        const command = new QueryCommand({
          ...paged(after, limit),
          ConsistentRead: true,
          KeyConditionExpression: "#pk = :partition",
          ExpressionAttributeNames: { "#pk": "pk" },
          ExpressionAttributeValues: { ":partition": { S: partition } },
        });
        return pageOf("Query", await client.send(command));
      }),

    scan: ({ part, parts, limit, after }) =>
      orReason("Scan", async () => {
        const command = new ScanCommand({ ...paged(after, limit), Segment: part, TotalSegments: parts });
        return pageOf("Scan", await client.send(command));
      }),

    batchGet: (addresses) =>
      orReason("BatchGetItem", async () => {
        const wanted = { [table]: { Keys: addresses.map(keyOf), ConsistentRead: true } };
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: wanted }));
        if (!answer.Responses) return withoutContent("BatchGetItem");
        return {
          kind: "answered",
          items: answer.Responses[table] ?? [],
          unprocessed: (answer.UnprocessedKeys?.[table]?.Keys ?? []).map(addressOfItem),
        };
      }),

    size: () =>
      orReason("DescribeTable", async () => {
        const { Table: described } = await client.send(new DescribeTableCommand({ TableName: table }));
        if (!described) return withoutContent("DescribeTable");
        return { kind: "answered", items: described.ItemCount ?? 0, bytes: described.TableSizeBytes ?? 0 };
      }),

    deleteIf: ({ address, condition, names, values }) =>
      orReason("DeleteItem", async () => {
        const command = new DeleteItemCommand({
          TableName: table,
          Key: keyOf(address),
          ConditionExpression: condition,
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
        });
        try {
          await client.send(command);
          return { kind: "answered" };
        } catch (error) {
          if (error instanceof Error && error.name === "ConditionalCheckFailedException")
            return { kind: "condition-failed" };
          throw error;
        }
      }),
  };
}

type AnsweredPage = Pick<QueryCommandOutput, "Items" | "ConsumedCapacity" | "LastEvaluatedKey">;

function pageOf(operation: string, { Items, ConsumedCapacity, LastEvaluatedKey }: AnsweredPage): PageAnswer {
  if (!Items) return withoutContent(operation);
  return {
    kind: "answered",
    items: Items,
    readUnits: ConsumedCapacity?.CapacityUnits ?? 0,
    ...(LastEvaluatedKey && { next: addressOfItem(LastEvaluatedKey) }),
  };
}

/** The SDK reads an empty object from a status 200 without a body. Taken for a page, it would hide whoever is in it. */
function withoutContent(operation: string): PassingFailure {
  return {
    kind: "unanswered",
    cause: new Error(`${operation} was answered with status 200 and no content`),
  };
}

async function orReason<Answer extends { readonly kind: string }>(
  operation: string,
  call: () => Promise<Answer>,
): Promise<Answer | PassingFailure> {
  const answer = await orPassing(operation, call);
  if ("cause" in answer && answer.cause instanceof Error && NO_CREDENTIALS.has(answer.cause.name))
    throw answer.cause;
  return answer;
}

/** What the SDK's chain of providers throws: no call was made, and none will be until somebody logs in. */
const NO_CREDENTIALS: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "ProviderError",
  "TokenProviderError",
]);
