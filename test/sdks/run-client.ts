import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a program to its end, and gives what it has printed. @throws with the end of its stderr when it fails. */
export async function runProgram(
  command: string,
  args: readonly string[],
  {
    folder,
    environment = {},
  }: { readonly folder?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const written = ["stdout", "stderr"].map((name) =>
      error instanceof Error ? String(Reflect.get(error, name) ?? "") : "",
    );
    const last = written.join("\n").trim().split("\n").slice(-15).join("\n");
    throw new Error(`${command} failed: ${last}`, { cause: error });
  }
}
