import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listenOnLoopback } from "../listen.ts";
import { StartProblem } from "../problem.ts";
import type { VirtualEnvironment } from "./virtual-environment.ts";

export type EmulatorOptions = {
  readonly environment: VirtualEnvironment;
  /** For its log, its calls and what it keeps. */
  readonly directory: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The folder of the `node` that runs the functions. */
  readonly nodeBin: string;
  /** The logical id of a resource that CloudFormation cannot make. */
  readonly failResource?: string | undefined;
};

/** MiniStack in a process of its own, with every request checked against the policies of who sends it. */
export type Emulator = {
  /** For example `http://127.0.0.1:41234`. */
  readonly endpoint: string;
  readonly pid: number;
  /** What it has logged. */
  readonly log: () => string;
  /** Where it writes every request that it checked, one JSON object a line. */
  readonly callsFile: string;
  /** Ends it with the functions that run in it. */
  readonly stop: () => Promise<void>;
};

const STARTER = join(import.meta.dirname, "ministack_starter.py");
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;

/**
 * Starts it, on this machine's loopback alone, and resolves when it answers.
 * @throws {StartProblem} when the port is in use, or with the end of its log when it does not start.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const port = await freePort(options.port);
  const endpoint = `http://127.0.0.1:${port}`;
  mkdirSync(options.directory, { recursive: true });
  // The functions run in folders below. Without a package of their own there, Node takes them for modules as this project's.
  writeFileSync(join(options.directory, "package.json"), "{}");
  const logFile = join(options.directory, "emulator.log");
  const callsFile = join(options.directory, "calls.jsonl");
  const output = openSync(logFile, "w");
  const child = spawn(options.environment.python, [STARTER], {
    // In a group of its own, so that the functions end with it.
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      PATH: `${options.nodeBin}${delimiter}${process.env.PATH}`,
      HOME: options.directory,
      TMPDIR: options.directory,
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      AUTH: "true",
      CALLS_FILE: callsFile,
      ...(options.failResource !== undefined && { FAIL_RESOURCE: options.failResource }),
    },
  });
  closeSync(output);
  const ended = once(child, "close");
  const log = () => readFileSync(logFile, "utf8");
  const stop = async (): Promise<void> => {
    signalGroup(child.pid, "SIGTERM");
    await Promise.race([ended, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
    // What is left of the group, functions that work on among it.
    signalGroup(child.pid, "SIGKILL");
    await ended;
  };
  const started = await Promise.race([answers(endpoint), ended.then(() => false)]);
  if (started && child.pid !== undefined) return { endpoint, pid: child.pid, log, callsFile, stop };
  await stop();
  throw new StartProblem(
    `The emulator of AWS does not start:\n${log().trim().split("\n").slice(-5).join("\n")}`,
  );
}

/** Whether it says in time that it is well. */
async function answers(endpoint: string): Promise<boolean> {
  const giveUpMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < giveUpMs) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(100);
  }
  return false;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  try {
    return await listenOnLoopback(server, wanted);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    const reason = code === "EADDRINUSE" ? "is in use" : `cannot be used (${code})`;
    throw new StartProblem(
      `Port ${wanted} ${reason}. Stop the program that has it, or choose another with --emulator-port.`,
    );
  } finally {
    server.close();
  }
}
