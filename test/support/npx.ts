import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What `npx` is in the commands of the documentation: this clone's `flagbridge`, or the stand-in of `sls`. */
const [command, ...args] = process.argv.slice(2);
const program =
  command === "flagbridge"
    ? [join(import.meta.dirname, "../../cli/flagbridge.cjs"), ...args]
    : [join(import.meta.dirname, "aws-cli.ts"), "npx", command ?? "", ...args];
const { status } = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", ...program], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
