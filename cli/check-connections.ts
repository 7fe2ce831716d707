import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { asksForHelp } from "./help.ts";

const USAGE = `usage: npx node cli/check-connections.ts FILE

Checks a connections.yml as a deploy does: says OK and exits 0, or everything that is wrong, each with its line and
column, and exits 1.

  npx node cli/check-connections.ts connections.yml`;

/** `node cli/check-connections.ts FILE`: says OK, or everything that is wrong with a connections.yml, and exits 1. */
async function main(args: readonly string[]): Promise<number> {
  const [path, ...more] = args;
  if (asksForHelp(args)) {
    console.log(USAGE);
    return 0;
  }
  if (path === undefined || more.length > 0) {
    console.error(USAGE.split("\n", 1)[0]);
    return 2;
  }
  const checked = await readConnectionsFile(path);
  if (checked.ok) {
    console.log(`${path}: OK`);
    return 0;
  }
  for (const problem of checked.problems) console.error(`${path}: ${problem}`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
