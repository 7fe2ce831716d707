import { REMOVED_ENTRY_SECONDS } from "../audience/ledger/items.ts";

const DAY_MS = 86_400_000;

/** How long the ledger keeps a removal, which keeps older operations out. */
export const ENTRY_MS = REMOVED_ENTRY_SECONDS * 1_000;

/** How long DynamoDB's point-in-time recovery reaches back: infra/tables.yml leaves it at this. */
export const BACKUP_MS = 35 * DAY_MS;
