import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { COMPILE_CACHE } from "./compile-cache.ts";

export type CommandEnd = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The repository, which is where `npx flagbridge` runs. */
const root = join(import.meta.dirname, "../..");

/** Runs a command line of `flagbridge` to its end, without a terminal. */
export async function flagbridge(
  args: readonly string[],
  {
    env = {},
    stdin = "",
    cwd = root,
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
    readonly cwd?: string;
  } = {},
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [join(root, "cli/flagbridge.cjs"), ...args], {
    cwd,
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}
