import { callAws } from "../../dev/aws-call.ts";
import { startTables } from "../../dev/tables.ts";

/** The ledger's table as the local stack has it, for one test file: in memory, on a free port. */
export type LocalTable = {
  readonly endpoint: string;
  readonly table: string;
  /** The item as it lies in the table, in DynamoDB's JSON attribute values. */
  readonly item: (pk: string, sk: string) => Promise<unknown>;
  /** As DynamoDB does with what has expired. */
  readonly remove: (pk: string, sk: string) => Promise<void>;
  readonly put: (item: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export async function startLocalTable(): Promise<LocalTable> {
  const table = "ledger";
  const { endpoint, stop } = await startTables({ tables: [table] });
  const call = (operation: string, input: object) =>
    callAws({ endpoint, target: `DynamoDB_20120810.${operation}`, input: { TableName: table, ...input } });
  return {
    endpoint,
    table,
    stop,
    item: async (pk, sk) => {
      const answer = await call("GetItem", { Key: { pk: { S: pk }, sk: { S: sk } } });
      return typeof answer === "object" && answer !== null && "Item" in answer ? answer.Item : undefined;
    },
    remove: async (pk, sk) => {
      await call("DeleteItem", { Key: { pk: { S: pk }, sk: { S: sk } } });
    },
    put: async (item) => {
      await call("PutItem", { Item: item });
    },
  };
}
