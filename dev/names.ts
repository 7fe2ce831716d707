/** The service of serverless.yml, and the stage that the local stack stands for. */
export const SERVICE = "flagbridge";
export const STAGE = "local";

/** What the emulators have in their ARNs. */
export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";

/** The tables that infra/tables.yml makes. */
export const LEDGER_TABLE = nameInStage("ledger");
export const CURSORS_TABLE = nameInStage("cursors");
export const REPLAYS_TABLE = nameInStage("replays");

/** What a deploy of the stage `local` would call a queue, table or function: `flagbridge-local-metric-events`. */
export function nameInStage(name: string): string {
  return `${SERVICE}-${STAGE}-${name}`;
}
