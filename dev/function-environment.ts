import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { FailureDetail, Invocation, WorkerMessage, WorkerStart } from "./function-worker.ts";

export type EnvironmentConfig = {
  readonly name: string;
  /** Absolute path of the bundle. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** All of it: nothing of this process's own environment gets in. */
  readonly variables: Readonly<Record<string, string>>;
  /** One line the function wrote to stdout or stderr. */
  readonly onLine: (line: string) => void;
};

/** One execution environment: a loaded bundle that runs one invocation at a time. */
export type Environment = {
  /** @throws {FunctionFailure} The environment is gone after any but `failed`. */
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly stop: () => Promise<void>;
  /** Resolves when the environment is gone, whatever the reason. */
  readonly gone: Promise<void>;
};

/**
 * An invocation that gave no result. `failed`: the handler threw. `timed-out`: it ran out of its time and was
 * killed. `crashed`: the environment ended under it. `not-loaded`: the bundle did not start.
 */
export class FunctionFailure extends Error {
  override readonly name = "FunctionFailure";
  readonly kind: "failed" | "timed-out" | "crashed" | "not-loaded";
  /** What the function threw; undefined for what only its host saw. */
  readonly thrown: FailureDetail | undefined;

  constructor(kind: FunctionFailure["kind"], message: string, thrown?: FailureDetail) {
    super(message);
    this.kind = kind;
    this.thrown = thrown;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the init phase has 10 seconds. */
const INIT_LIMIT_MS = 10_000;

/**
 * Starts an environment as a worker thread and loads the bundle.
 *
 * A thread and not a process: threads end with this process whatever ends it, `kill -9` included. A child process
 * would outlive it and go on writing to LaunchDarkly, which no killed Lambda does.
 *
 * @throws {FunctionFailure} `not-loaded`, when the bundle throws while it loads or takes over 10 s.
 */
export async function startEnvironment(config: EnvironmentConfig): Promise<Environment> {
  const workerData: WorkerStart = {
    file: config.file,
    functionName: config.name,
    memoryMb: config.memoryMb,
  };
  const worker = new Worker(join(import.meta.dirname, "function-worker.ts"), {
    workerData,
    env: { ...config.variables },
    execArgv: ["--enable-source-maps", "--disable-warning=ExperimentalWarning"],
    resourceLimits: { maxOldGenerationSizeMb: config.memoryMb },
    stdout: true,
    stderr: true,
  });
  createInterface(worker.stdout).on("line", config.onLine);
  createInterface(worker.stderr).on("line", config.onLine);

  const answers = answersOf(worker, config.onLine);
  const ready = await answers.next(INIT_LIMIT_MS);
  if (ready.kind !== "ready") {
    await worker.terminate();
    if (ready.kind === "not-loaded") throw failureOf("not-loaded", ready);
    throw new FunctionFailure(
      "not-loaded",
      ready.kind === "gone" ? ready.reason : `no start within ${INIT_LIMIT_MS} ms`,
    );
  }

  return {
    gone: answers.gone,
    stop: async () => {
      await worker.terminate();
    },
    invoke: async (event) => {
      const invocation: Invocation = {
        requestId: randomUUID(),
        event: JSON.stringify(event),
        deadlineMs: Date.now() + config.timeoutMs,
      };
      const answer = answers.next(config.timeoutMs);
      worker.postMessage(invocation);
      const outcome = await answer;
      if (outcome.kind === "result") return JSON.parse(outcome.result);
      if (outcome.kind === "failed") throw failureOf("failed", outcome);
      if (outcome.kind !== "gone") await worker.terminate();
      await answers.gone;
      if (outcome.kind === "gone") throw new FunctionFailure("crashed", outcome.reason);
      throw new FunctionFailure(
        "timed-out",
        `Task timed out after ${(config.timeoutMs / 1000).toFixed(2)} seconds`,
      );
    },
  };
}

type Outcome = WorkerMessage | { readonly kind: "gone"; readonly reason: string } | { readonly kind: "late" };

/** The worker's next word, its end, or neither in time: whichever comes first. */
function answersOf(
  worker: Worker,
  onLine: (line: string) => void,
): { next: (withinMs: number) => Promise<Outcome>; gone: Promise<void> } {
  let settle: (outcome: Outcome) => void = () => {};
  let thrown: string | undefined;
  let end: Extract<Outcome, { kind: "gone" }> | undefined;
  const gone = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      end = { kind: "gone", reason: thrown ?? `the environment exited with code ${code} before it answered` };
      settle(end);
      resolve();
    });
  });
  worker.on("error", (error) => {
    thrown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    onLine(error instanceof Error ? (error.stack ?? thrown) : thrown);
  });
  worker.on("message", (message: WorkerMessage) => settle(message));

  const next = (withinMs: number): Promise<Outcome> =>
    new Promise((resolve) => {
      if (end) {
        resolve(end);
        return;
      }
      const timer = setTimeout(() => settle({ kind: "late" }), withinMs);
      settle = (outcome) => {
        clearTimeout(timer);
        settle = () => {};
        resolve(outcome);
      };
    });
  return { next, gone };
}

function failureOf(kind: "failed" | "not-loaded", detail: FailureDetail): FunctionFailure {
  return new FunctionFailure(kind, `${detail.errorType}: ${detail.errorMessage}`, detail);
}
