import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { deployed } from "./deployed.ts";
import {
  type Comparison,
  type Figure,
  GateError,
  type MeasuredVariants,
  type Sample,
  spreadOf,
} from "./scenario.ts";

/** What `variant-process.ts` prints. */
export const printed = z.union([
  z.strictObject({ gate: z.string() }),
  z.strictObject({
    cpuUs: z.number(),
    wallUs: z.number(),
    counts: z.record(z.string(), z.number()),
  }),
]);

/** Runs every variant in a fresh process, as often as the comparison says, and gives its figures. */
export async function compare(comparison: Comparison): Promise<readonly Figure[]> {
  const names = Object.keys(comparison.variants).filter(
    (name) => comparison.variants[name]?.needs !== "peers" || hasPeers(),
  );
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]));
  for (let repetition = 0; repetition < comparison.repetitions; repetition += 1) {
    // There and back again: what slows the machine down meanwhile does not always hit the same variant.
    for (const name of repetition % 2 === 0 ? names : names.toReversed()) {
      samples.get(name)?.push(await runVariant(comparison.name, name));
    }
  }
  return comparison.figures(measuredOf(samples));
}

function measuredOf(samples: ReadonlyMap<string, readonly Sample[]>): MeasuredVariants {
  return Object.fromEntries(
    [...samples].map(([name, all]) => [
      name,
      {
        cpuUs: spreadOf(all.map(({ cpuUs }) => cpuUs)),
        cpuUsByRun: all.map(({ cpuUs }) => cpuUs),
        wallUs: spreadOf(all.map(({ wallUs }) => wallUs)),
        counts: all[0]?.counts ?? {},
      },
    ]),
  );
}

async function runVariant(scenario: string, variant: string): Promise<Sample> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    ...deployed().nodeOptions.split(" "),
    join(import.meta.dirname, "variant-process.ts"),
    scenario,
    variant,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1_024 * 1_024 });
  const sample = printed.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  if ("gate" in sample) throw new GateError(`${variant}: ${sample.gate}`);
  return sample;
}

function hasPeers(): boolean {
  return existsSync(join(import.meta.dirname, "peers/node_modules"));
}
