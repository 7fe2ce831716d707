import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { StartProblem } from "../problem.ts";
import type { Python } from "./python.ts";

/** The programs of the environment, by their absolute paths. */
export type VirtualEnvironment = { readonly python: string; readonly aws: string; readonly cfnLint: string };

export const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

/**
 * Makes a virtual environment in `parent` with exactly what requirements.txt names, each file checked by its hash, or
 * finds the one that an earlier call made. Its folder is named after both, so that a change of either makes another.
 * @throws {StartProblem} when it cannot be made, with the reason that Python or pip gave.
 */
export async function openVirtualEnvironment(options: {
  readonly python: Python;
  readonly parent: string;
  readonly requirements?: string;
  /** The variables that pip runs with: its own (PIP_…), a proxy. */
  readonly environment: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
}): Promise<VirtualEnvironment> {
  const { python, parent, environment, report, requirements = REQUIREMENTS } = options;
  const name = hash("sha256", `${python.version}\n${readFileSync(requirements, "utf8")}`).slice(0, 12);
  const directory = join(parent, `python-${name}`);
  const isComplete = join(directory, "complete");
  const programs = programsIn(directory);
  if (existsSync(isComplete)) return programs;

  report(`Making a virtual environment with the emulator of AWS in ${directory}`);
  // What is there without the mark was broken off in the middle.
  rmSync(directory, { recursive: true, force: true });
  const run = (command: string, args: readonly string[]) =>
    promisify(execFile)(command, args, { env: environment, maxBuffer: 64 * 1024 * 1024 });
  try {
    await run(python.command, ["-m", "venv", directory]);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw new StartProblem(
      `${python.command} cannot make a virtual environment: ${lastLines(error)}\nOn Debian and Ubuntu: apt install python3-venv`,
    );
  }
  try {
    const once = ["--no-input", "--disable-pip-version-check", "--retries", "1"];
    await run(programs.python, ["-m", "pip", "install", ...once, "--require-hashes", "-r", requirements]);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw new StartProblem(
      `pip cannot install dev/emulated/requirements.txt: ${lastLines(error)}\nIt needs PyPI once. Behind a proxy set HTTPS_PROXY; for a mirror of your own set PIP_INDEX_URL.`,
    );
  }
  writeFileSync(isComplete, "");
  return programs;
}

function programsIn(directory: string): VirtualEnvironment {
  const bin = join(directory, "bin");
  return { python: join(bin, "python"), aws: join(bin, "aws"), cfnLint: join(bin, "cfn-lint") };
}

/** The end of what the program wrote has the reason. */
function lastLines(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return stderr.trim().split("\n").slice(-3).join("\n");
}
