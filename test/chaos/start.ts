import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { asksForHelp } from "../../cli/help.ts";
import { runChaos } from "./run.ts";
import { fullScale, SHORT } from "./scale.ts";

const USAGE = `npm run chaos -- [--seed N] [--minutes N] [--short] [--log FILE]
  Everything goes wrong on a running stack, and nothing may be lost: test/chaos/README.md.
  --seed     of what goes wrong, so that a run can be repeated   drawn
  --minutes  how long the storm lasts, 1 and more                5
  --short    the small run that npm test does
  --log      a file for what the stack writes                    none`;

/** `npm run chaos`: see README.md. Exit 1: a promise was broken; exit 2: a wrong option. */

if (asksForHelp(process.argv.slice(2))) {
  console.log(USAGE);
  process.exit(0);
}
const { seed, minutes, short, log } = optionsOrExit();
const startMs = Date.now();
const note = (progress: string): void =>
  console.error(`${String(Math.round((Date.now() - startMs) / 1_000)).padStart(5)} s  ${progress}`);

console.log(`seed        ${seed}`);
const keepOutput = (output: string): void => {
  if (log !== undefined) writeFileSync(log, output);
};
const { problems, report } = await runChaos(seed, short ? SHORT : fullScale(minutes), { note, keepOutput });
console.log(report);
for (const problem of problems) console.log(`BROKEN      ${problem}`);
console.log(
  problems.length === 0 ? "every promise held" : `${problems.length} promises broken, seed ${seed}`,
);
process.exit(problems.length === 0 ? 0 : 1);

function optionsOrExit() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: "string", default: String(randomInt(1, 1_000_000)) },
        minutes: { type: "string", default: "5" },
        short: { type: "boolean", default: false },
        log: { type: "string" },
      },
    });
    return {
      seed: numberOption("--seed", values.seed, 0),
      minutes: numberOption("--minutes", values.minutes, 1),
      short: values.short,
      log: values.log,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n
npm run chaos -- [--seed N] [--minutes M] [--short] [--log FILE]

  --seed     what happens: the same again for the same seed     a new one
  --minutes  how long requests and faults come, 1 or more       5
  --short    the short run of npm run test:long
  --log      where to keep what the stack wrote                 nowhere`);
    process.exit(2);
  }
}

function numberOption(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw new RangeError(`${name}: expected a whole number from ${least}, got '${text}'`);
}
