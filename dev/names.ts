/** The service of serverless.yml, and the stage that the local stack stands for. */
export const SERVICE = "flagbridge";
export const STAGE = "local";

/** The tables that infra/tables.yml makes. */
export const LEDGER_TABLE = nameInStage("ledger");
export const CURSORS_TABLE = nameInStage("cursors");

/** What a deploy of the stage `local` would call a queue, table or function: `flagbridge-local-metric-events`. */
export function nameInStage(name: string): string {
  return `${SERVICE}-${STAGE}-${name}`;
}
