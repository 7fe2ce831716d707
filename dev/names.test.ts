import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledFunctions } from "./functions.ts";
import { CURSORS_TABLE, LEDGER_TABLE, nameInStage, REPLAYS_TABLE } from "./names.ts";

const namesIn = (file: string) =>
  [
    ...readFileSync(join(import.meta.dirname, "../infra", file), "utf8").matchAll(
      /(?:QueueName|TableName): \$\{self:service\}-\$\{sls:stage\}-([\w-]+)$/gm,
    ),
  ].map(([, name = ""]) => nameInStage(name));

test("the local queues have the names that a deploy of the stage 'local' would give them", () => {
  const local = bundledFunctions("").flatMap(({ trigger }) =>
    trigger.kind === "queue" ? [trigger.queue, trigger.deadLetters] : [],
  );
  expect(local.sort()).toEqual(namesIn("queues.yml").sort());
  expect(local).toContain("flagbridge-local-audience-operations-dead-letters");
});

test("so have the local tables", () => {
  expect([LEDGER_TABLE, CURSORS_TABLE, REPLAYS_TABLE].sort()).toEqual(namesIn("tables.yml").sort());
});
