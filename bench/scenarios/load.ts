import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { bundle } from "../../cli/build.ts";
import { leanBundle } from "../../cli/lean-bundle.ts";
import budgets from "../../cli/size-budgets.json" with { type: "json" };
import { bundledConnections } from "../../lib/connections/bundled.ts";
import { readConnectionsFile } from "../../lib/connections/yaml.ts";
import { variablesOf } from "../built-function.ts";
import { type Figure, figureOf, GateError, median, scaled, spreadOf, type Whole } from "../scenario.ts";

const RUNS = 21;
/** The longest that a bundle may take to load, in times of the floor. */
const LIMIT_TIMES_FLOOR = 1.35;

const root = join(import.meta.dirname, "../..");
const printed = z.strictObject({ wallMs: z.number(), cpuMs: z.number() });

export const load: Whole = {
  kind: "whole",
  name: "load",
  about: `size of the bundles, and the time to load one in a fresh process with connections.example.yml, ${RUNS} times each in turn`,
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), "flagbridge-bench-"));
    try {
      const sizes = await bundle(folder);
      const read = await readConnectionsFile(join(root, "connections.example.yml"));
      if (!read.ok) throw new GateError(read.problems.join("; "));
      writeFileSync(join(folder, "connections.json"), bundledConnections(read.connections));
      writeFileSync(join(folder, "empty.cjs"), "");
      const floorFile = { in: join(root, "bench/reference.mjs"), out: "reference" };
      await leanBundle({ entryPoints: [floorFile], outdir: folder });
      const names = [...sizes.map(({ name }) => name), "reference.cjs", "empty.cjs"];
      const times = await timesOf(folder, names);
      const floor = times.get("reference.cjs") ?? [];
      return [
        figureOf("empty file", "ms", spreadOf(times.get("empty.cjs") ?? [])),
        figureOf("floor: the SDK's clients of SQS and Secrets Manager alone", "ms", spreadOf(floor)),
        ...sizes.flatMap(({ name, bytes }): Figure[] => {
          const measured = times.get(name) ?? [];
          const is = name === "ingest.cjs" ? "ingest" : "other functions";
          return [
            { label: `${name}: size`, value: bytes / 1_000, unit: "KB", atMost: budgets[is] / 1_000 },
            figureOf(`${name}: load time here`, "ms", spreadOf(measured)),
            {
              label: `${name}: load time`,
              // Against the floor of the same turn: what the neighbours do changes from second to second.
              value: median(scaled(measured, floor, 1)),
              unit: "x floor",
              atMost: LIMIT_TIMES_FLOOR,
            },
          ];
        }),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function timesOf(folder: string, names: readonly string[]): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of run % 2 === 0 ? names : names.toReversed()) {
      const args = [join(import.meta.dirname, "../load-once.cjs"), join(folder, name)];
      const env = variablesOf(name.replace(".cjs", ""), "http://127.0.0.1:9");
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      times.get(name)?.push(printed.parse(JSON.parse(stdout)).wallMs);
    }
  }
  return times;
}
