import { GateError, type Work } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/** A process of its own for one variant of one comparison: checks it, warms it up, times it, prints what it measured. */
async function main(scenarioName = "", variantName = ""): Promise<void> {
  const scenario = SCENARIOS.find(({ name }) => name === scenarioName);
  const variant = scenario?.kind === "comparison" ? scenario.variants[variantName] : undefined;
  if (!variant) throw new RangeError(`there is no ${scenarioName} ${variantName}`);
  const work = await variant.prepare();
  try {
    await work.gate();
    console.log(JSON.stringify(await measure(work)));
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    console.log(JSON.stringify({ gate: error.message }));
  } finally {
    await work.stop?.();
  }
}

async function measure({ items, warmUpRounds, rounds, round, counts }: Work) {
  for (let warmUp = 0; warmUp < warmUpRounds; warmUp += 1) await round();
  const before = await counts?.();
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  for (let timed = 0; timed < rounds; timed += 1) await round();
  const { user, system } = process.cpuUsage(startedCpu);
  const wallMs = performance.now() - startedMs;
  const after = await counts?.();
  const worked = items * rounds;
  return {
    cpuUs: (user + system) / worked,
    wallUs: (wallMs * 1_000) / worked,
    counts: Object.fromEntries(
      Object.entries(after ?? {}).map(([name, count]) => [name, count - (before?.[name] ?? 0)]),
    ),
  };
}

await main(process.argv[2], process.argv[3]);
