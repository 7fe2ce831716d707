import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
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

test("the local tables have the names that a deploy of the stage 'local' would give them", () => {
  const file = readFileSync(join(import.meta.dirname, "../infra/tables.yml"), "utf8");
  const named = file.matchAll(/TableName: \$\{self:service\}-\$\{sls:stage\}-([\w-]+)$/gm);
  expect([LEDGER_TABLE, CURSORS_TABLE, REPLAYS_TABLE].sort()).toEqual(
    [...named].map(([, name = ""]) => nameInStage(name)).sort(),
  );
});
