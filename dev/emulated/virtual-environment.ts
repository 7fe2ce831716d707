import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { StartProblem } from "../problem.ts";
import type { Python } from "./python.ts";

/** The programs of the environment, by their absolute paths. */
export type VirtualEnvironment = { readonly python: string; readonly aws: string; readonly cfnLint: string };

const ROOT = join(import.meta.dirname, "../..");

export const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

/**
 * Makes the virtual environment of the emulator in `parent`, or finds the one that an earlier call made.
 * @throws {StartProblem} when it cannot be made, with the reason that Python or pip gave.
 */
export async function openVirtualEnvironment(
  options: Omit<VirtualEnvironmentOptions, "requirements" | "purpose"> & { readonly requirements?: string },
): Promise<VirtualEnvironment> {
  const programs = await openPythonPrograms({
    requirements: REQUIREMENTS,
    ...options,
    purpose: "the emulator of AWS",
  });
  return {
    python: join(programs, "python"),
    aws: join(programs, "aws"),
    cfnLint: join(programs, "cfn-lint"),
  };
}

export type VirtualEnvironmentOptions = {
  readonly python: Python;
  readonly parent: string;
  /** The path of a file that names every package with its hashes. */
  readonly requirements: string;
  /** What the packages are for, in words. */
  readonly purpose: string;
  /** The variables that pip runs with: its own (PIP_…), a proxy. */
  readonly environment: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
};

/**
 * Makes a virtual environment in `parent` with exactly what the requirements name, each file checked by its hash, or
 * finds the one that an earlier call made. Its folder is named after both, so that a change of either makes another.
 * Returns the folder of its programs, `python` among them.
 * @throws {StartProblem} when it cannot be made, with the reason that Python or pip gave.
 */
export async function openPythonPrograms(options: VirtualEnvironmentOptions): Promise<string> {
  const { python, parent, environment, report, requirements, purpose } = options;
  const name = hash("sha256", `${python.version}\n${readFileSync(requirements, "utf8")}`).slice(0, 12);
  const directory = join(parent, `python-${name}`);
  const isComplete = join(directory, "complete");
  const programs = join(directory, "bin");
  if (existsSync(isComplete)) return programs;

  report(`Making a virtual environment with ${purpose} in ${directory}`);
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
    const python = join(programs, "python");
    await run(python, ["-m", "pip", "install", ...once, "--require-hashes", "-r", requirements]);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw new StartProblem(
      `pip cannot install ${relative(ROOT, requirements)}: ${lastLines(error)}\nIt needs PyPI once. Behind a proxy set HTTPS_PROXY; for a mirror of your own set PIP_INDEX_URL.`,
    );
  }
  writeFileSync(isComplete, "");
  return programs;
}

/** The end of what the program wrote has the reason. */
function lastLines(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return stderr.trim().split("\n").slice(-3).join("\n");
}
