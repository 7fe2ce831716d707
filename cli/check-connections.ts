import { readConnectionsFile } from "../lib/connections/yaml.ts";

/** `node cli/check-connections.ts FILE`: says OK, or everything that is wrong with a connections.yml, and exits 1. */
async function main(args: readonly string[]): Promise<number> {
  const [path, ...more] = args;
  if (path === undefined || more.length > 0) {
    console.error("usage: npx node cli/check-connections.ts FILE");
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
