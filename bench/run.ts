import { asksForHelp } from "../cli/help.ts";
import { compare } from "./compare.ts";
import { lineOf, passes, writeResult } from "./report.ts";
import { GateError } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/** `npm run bench [-- name …]`: runs the scenarios, prints their figures, and writes them to bench/results/. */
async function main(names: readonly string[]): Promise<number> {
  if (asksForHelp(names)) {
    console.log(
      "usage: npm run bench [-- NAME …]\n\nMeasures, prints, and writes bench/results/. The scenarios:",
    );
    for (const { name, about } of SCENARIOS) console.log(`  ${name}: ${about}`);
    return 0;
  }
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
      const figures = scenario.kind === "whole" ? await scenario.run() : await compare(scenario);
      for (const figure of figures) console.log(`  ${lineOf(figure)}`);
      failed ||= !figures.every(passes);
      writeResult(scenario, figures);
    } catch (error) {
      if (!(error instanceof GateError)) throw error;
      console.log(`  not measured, because the work was not right: ${error.message}`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
