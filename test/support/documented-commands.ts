import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { StackProcess } from "./stack-process.ts";

/** One section of a page: its `sh` blocks, and the commands that its text has in passing. */
export type Section = {
  readonly heading: string;
  readonly blocks: readonly string[];
  readonly inline: readonly string[];
};

export function sectionsOf(page: string): readonly Section[] {
  return page.split(/^(?=## )/m).map((section) => {
    const blocks = [...section.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = ""]) => block);
    const prose = section.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
    const inline = [...prose.matchAll(/`((?:aws|npx sls|npx flagbridge) [^`]+)`/g)].map(
      ([, command = ""]) => command,
    );
    return { heading: section.split("\n")[0] ?? "", blocks, inline };
  });
}

export type CommandRunner = {
  /** Runs a script of the documentation, which is for the stage `prod`, on the local stack. Rejects when a command fails. */
  readonly run: (script: string) => Promise<string>;
  /** The commands that only AWS has, as far as any was run. */
  readonly awsAlone: () => readonly string[];
  readonly remove: () => void;
};

/** A shell in which `aws` and `npx` are the stand-ins of aws-cli.ts, and `curl` that of curl.ts. */
export function commandRunner(
  stack: StackProcess,
  variables: Readonly<Record<string, string>> = {},
): CommandRunner {
  const folder = mkdtempSync(join(tmpdir(), "flagbridge-commands-"));
  const standIn = (name: string, program: string, ...first: readonly string[]) => {
    const file = join(import.meta.dirname, program);
    const node = `"${process.execPath}" --disable-warning=ExperimentalWarning`;
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${node} "${file}" ${first.join(" ")} "$@"\n`);
    chmodSync(join(folder, name), 0o700);
  };
  standIn("aws", "aws-cli.ts", "aws");
  standIn("npx", "npx.ts");
  standIn("curl", "curl.ts");
  const alone = join(folder, "aws-alone");
  const endpoints = [...stack.stderr().matchAll(/^(AWS_ENDPOINT_URL_\w+)=(\S+)$/gm)].map(
    ([, name = "", url = ""]) => [name, url],
  );
  const env = {
    ...Object.fromEntries(endpoints),
    PATH: `${folder}:${process.env.PATH}`,
    AWS_ALONE_FILE: alone,
    FLAGBRIDGE_URL: stack.url,
    ...variables,
  };
  return {
    run: async (script) => {
      const local = script
        // The local stack is what flagbridge finds without a stage.
        .replaceAll(/(npx flagbridge .*?) --stage prod/g, "$1")
        .replaceAll("flagbridge-prod", "flagbridge-local")
        .replaceAll("flagbridge/prod/", "flagbridge/local/")
        .replaceAll("--stage prod", "--stage local")
        .replaceAll("http://localhost:3000", stack.url)
        .replaceAll(/<(\w+)>/g, "$1");
      const { stdout } = await promisify(execFile)("sh", ["-euc", local], { env });
      return stdout;
    },
    awsAlone: () =>
      existsSync(alone) ? [...new Set(readFileSync(alone, "utf8").trim().split("\n"))].sort() : [],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
