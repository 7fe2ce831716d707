import { dynamoEntries, type EntriesSettings } from "./dynamodb-entries.ts";
import { dynamoHolds } from "./dynamodb-holds.ts";
import type { Ledger } from "./ledger.ts";

/** The membership ledger in one DynamoDB table: entries that age out, and holds that never do. */
export function dynamoLedger(settings: EntriesSettings): Ledger {
  return { ...dynamoHolds(settings), ...dynamoEntries(settings) };
}
