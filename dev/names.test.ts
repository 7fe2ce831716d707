import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEAD_LETTERS } from "../lib/connections/queues.ts";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { bundledFunctions } from "./functions.ts";
import { CURSORS_TABLE, LEDGER_TABLE, nameInStage, REPLAYS_TABLE } from "./names.ts";

test("the local queues are one for each destination of the connections, named as a deploy of the stage 'local' would", async () => {
  const checked = await readConnectionsFile(join(import.meta.dirname, "connections.yml"));
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const local = bundledFunctions("", checked.connections).flatMap(({ trigger }) =>
    trigger.kind === "queue" ? trigger.queues : [],
  );
  expect(local.sort()).toEqual([
    "flagbridge-local-audience-operations-production",
    "flagbridge-local-flag-changes-main",
    "flagbridge-local-metric-events-production",
  ]);
});

test("the name of a dead-letter queue ends here as it does in the template", () => {
  const plugin = readFileSync(join(import.meta.dirname, "../infra/connections-plugin.cjs"), "utf8");
  expect(plugin).toContain(`deadLetters: "${DEAD_LETTERS}"`);
});

test("the local tables have the names that a deploy of the stage 'local' would give them", () => {
  const file = readFileSync(join(import.meta.dirname, "../infra/tables.yml"), "utf8");
  const named = file.matchAll(/TableName: \$\{self:service\}-\$\{sls:stage\}-([\w-]+)$/gm);
  expect([LEDGER_TABLE, CURSORS_TABLE, REPLAYS_TABLE].sort()).toEqual(
    [...named].map(([, name = ""]) => nameInStage(name)).sort(),
  );
});
