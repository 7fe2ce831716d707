import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { asksForHelp } from "../../cli/help.ts";
import { reportOf, slowerThanBefore } from "./broken/report.ts";
import { runBroken } from "./broken/run.ts";
import { brokenScale, OPERATIONS_A_SECOND } from "./broken/scale.ts";
import { runChaos } from "./run.ts";
import { fullScale, SHORT } from "./scale.ts";

/** So many of the promises that were broken are told. */
const MAX_TOLD = 100;

const USAGE = `npm run chaos -- [--seed N] [--minutes N] [--short] [--log FILE]
npm run chaos -- --broken [--minutes N] [--rate N] [--log FILE]
  Everything goes wrong on a running stack, and nothing may be lost: test/chaos/README.md.
  --seed     of what goes wrong, so that a run can be repeated   drawn
  --minutes  how long the storm lasts, 1 and more                5
  --short    the small run that npm test does
  --log      a file for what the stack writes                    none
  --broken   one of three destinations fails, in each of four ways, and the others must not notice
  --rate     operations a second of that run                     ${OPERATIONS_A_SECOND}`;

/** `npm run chaos`: see README.md. Exit 1: a promise was broken; exit 2: a wrong option. */

if (asksForHelp(process.argv.slice(2))) {
  console.log(USAGE);
  process.exit(0);
}
const { seed, minutes, short, broken, rate, log } = optionsOrExit();
const startMs = Date.now();
const note = (progress: string): void =>
  console.error(`${String(Math.round((Date.now() - startMs) / 1_000)).padStart(5)} s  ${progress}`);

const keepOutput = (output: string): void => {
  if (log !== undefined) writeFileSync(log, output);
};

if (broken) {
  const verdict = await runBroken(brokenScale(minutes, rate), { note, keepOutput });
  console.log(reportOf(verdict));
  finish([...verdict.problems, ...slowerThanBefore(verdict)], "with one destination broken");
}
console.log(`seed        ${seed}`);
const { problems, report } = await runChaos(seed, short ? SHORT : fullScale(minutes), { note, keepOutput });
console.log(report);
finish(problems, `seed ${seed}`);

function finish(broken: readonly string[], run: string): never {
  for (const problem of broken.slice(0, MAX_TOLD)) console.log(`BROKEN      ${problem}`);
  console.log(broken.length === 0 ? "every promise held" : `${broken.length} promises broken, ${run}`);
  process.exit(broken.length === 0 ? 0 : 1);
}

function optionsOrExit() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: "string", default: String(randomInt(1, 1_000_000)) },
        minutes: { type: "string", default: "5" },
        short: { type: "boolean", default: false },
        broken: { type: "boolean", default: false },
        rate: { type: "string", default: String(OPERATIONS_A_SECOND) },
        log: { type: "string" },
      },
    });
    return {
      seed: numberOption("--seed", values.seed, 0),
      minutes: numberOption("--minutes", values.minutes, 1),
      short: values.short,
      broken: values.broken,
      rate: numberOption("--rate", values.rate, 1),
      log: values.log,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

function numberOption(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw new RangeError(`${name}: expected a whole number from ${least}, got '${text}'`);
}
