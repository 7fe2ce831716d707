import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import type { Figure, Scenario } from "./scenario.ts";

/** One figure as a line of the table that the bench prints. */
export function lineOf({ label, value, unit, spread, atMost }: Figure): string {
  const range = spread ? `${shown(spread.low)}–${shown(spread.high)}` : "";
  const limit =
    atMost === undefined ? "" : `at most ${atMost.toLocaleString("en-US")}: ${isMet({ value, atMost })}`;
  return `${label.padEnd(66)} ${shown(value).padStart(10)} ${unit.padEnd(10)} ${range.padEnd(17)} ${limit}`.trimEnd();
}

export function passes({ value, atMost }: Pick<Figure, "value" | "atMost">): boolean {
  return atMost === undefined || value <= atMost;
}

/** Keeps the figures with the day and the machine: the documentation quotes nothing else. */
export function writeResult({ name, about }: Scenario, figures: readonly Figure[]): void {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const machine = {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    freeMemoryGb: Math.round(freemem() / 2 ** 30),
    node: process.version,
    arch: process.arch,
  };
  const result = { name, about, measuredAt: new Date().toISOString(), machine, figures };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

function isMet(figure: Pick<Figure, "value" | "atMost">): string {
  return passes(figure) ? "met" : "NOT MET";
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(2);
}
