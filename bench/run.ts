import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { type Figure, GateError, type Scenario } from "./scenario.ts";
import { ingest } from "./scenarios/ingest.ts";
import { manyOperations } from "./scenarios/many-operations.ts";
import { memory } from "./scenarios/memory.ts";
import { metricEvents } from "./scenarios/metric-events.ts";
import { startUp } from "./scenarios/start-up.ts";

const SCENARIOS: readonly Scenario[] = [startUp, ingest, manyOperations, metricEvents, memory];

/** `npm run bench [-- name …]`: runs the scenarios, prints their figures, and writes them to bench/results/. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    console.error(
      `No such scenario: ${unknown.join(", ")}. There are: ${SCENARIOS.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  let failed = false;
  for (const scenario of SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n${scenario.name}: ${scenario.about}`);
    try {
      const figures = await scenario.run();
      for (const figure of figures) console.log(`  ${line(figure)}`);
      failed ||= figures.some(({ value, atMost }) => atMost !== undefined && value > atMost);
      write(scenario, figures);
    } catch (error) {
      if (!(error instanceof GateError)) throw error;
      console.log(`  not measured, because the work was not right: ${error.message}`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

function line({ label, value, unit, atMost }: Figure): string {
  const shown = value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(2);
  const limit =
    atMost === undefined
      ? ""
      : `   at most ${atMost.toLocaleString("en-US")}: ${value <= atMost ? "met" : "NOT MET"}`;
  return `${label.padEnd(58)} ${shown.padStart(12)} ${unit}${limit}`;
}

function write({ name, about }: Scenario, figures: readonly Figure[]): void {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const machine = { cores: cpus().length, node: process.version, arch: process.arch };
  const result = { name, about, measuredAt: new Date().toISOString(), machine, figures };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

process.exitCode = await main(process.argv.slice(2));
