import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { errorCode } from "./call-failure.ts";

/**
 * Says in which state a table is, for example `ACTIVE`; undefined when there is none of this name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
 */
export function createTableStates(client: DynamoDBClient): (table: string) => Promise<string | undefined> {
  return async (table) => {
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.TableStatus ?? "UNKNOWN";
    } catch (error) {
      if (errorCode(error) === "ResourceNotFoundException") return undefined;
      throw error;
    }
  };
}
