import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { COMPILE_CACHE } from "./compile-cache.ts";

/** The local stack in a process of its own: what `npm start` runs, so that it can be killed like one. */
export type StackProcess = {
  /** For example `http://localhost:41234`. */
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to the readiness line. */
  readonly readyAfterMs: number;
  /** All that it has written. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Reads nothing more of it, as `head` does when it has its lines. */
  readonly closeStderr: () => void;
  /** The exit code, once it ends by itself. */
  readonly ended: () => Promise<number | null>;
  /** As `kill -9` does it: nothing is finished. */
  readonly kill9: () => Promise<void>;
  /** Asks it to stop and gives the exit code. */
  readonly stop: (signal?: "SIGTERM" | "SIGINT") => Promise<number | null>;
};

export type StackExit = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const root = join(import.meta.dirname, "../..");

/**
 * Starts `dev/start.ts` with these options, on a free port unless they name one.
 * @throws {Error} with all it wrote to stderr, when it ends before it is ready.
 */
export async function startStackProcess(args: readonly string[] = []): Promise<StackProcess> {
  const startedAtMs = Date.now();
  const { child, written } = run(args);
  const ready = new Promise<string>((resolve) => {
    createInterface(child.stdout).on("line", (line) => {
      const url = /^Flagbridge is ready: (\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const ended = once(child, "exit").then(() => undefined);
  const url = await Promise.race([ready, ended]);
  if (url === undefined) throw new Error(`the stack ended before it was ready:\n${written.stderr}`);
  const { pid } = child;
  if (pid === undefined) throw new Error("the stack has no process");
  return {
    url,
    pid,
    readyAfterMs: Date.now() - startedAtMs,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    closeStderr: () => child.stderr.destroy(),
    ended: async () => {
      await ended;
      return child.exitCode;
    },
    kill9: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

/** Runs `dev/start.ts` to its end, for starts that are to fail. */
export async function runStackProcess(args: readonly string[]): Promise<StackExit> {
  const { child, written } = run(args);
  const [code] = await once(child, "close");
  return { code, stdout: written.stdout, stderr: written.stderr };
}

function run(args: readonly string[]) {
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      join(root, "dev/start.ts"),
      ...(args.includes("--port") ? [] : ["--port", "0"]),
      ...args,
    ],
    {
      cwd: root,
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const written = { stdout: "", stderr: "" };
  collect(child, written);
  return { child, written };
}

function collect(child: ChildProcess, written: { stdout: string; stderr: string }): void {
  child.stdout?.on("data", (chunk) => {
    written.stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    written.stderr += chunk;
  });
}
