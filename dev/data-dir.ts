import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartProblem } from "./problem.ts";

/** Where a stack keeps its state. Undefined folders mean memory. */
export type DataDir = {
  readonly queues: string | undefined;
  readonly tables: string | undefined;
  readonly launchdarkly: string | undefined;
  readonly launchdarklyEvents: string | undefined;
  readonly launchdarklyFlags: string | undefined;
  readonly posthog: string | undefined;
  readonly pausedQueues: string | undefined;
  /** For the built functions: made anew by every start. */
  readonly work: string;
  readonly close: () => void;
};

/**
 * Opens `directory` for one stack alone, or a throw-away folder when there is none.
 * @throws {StartProblem} when another stack that is alive has it, or it cannot be written.
 */
export function openDataDir(directory: string | undefined): DataDir {
  if (directory === undefined) {
    const work = mkdtempSync(join(tmpdir(), "flagbridge-"));
    return {
      queues: undefined,
      tables: undefined,
      launchdarkly: undefined,
      launchdarklyEvents: undefined,
      launchdarklyFlags: undefined,
      posthog: undefined,
      pausedQueues: undefined,
      work,
      close: () => rmSync(work, { recursive: true, force: true }),
    };
  }
  const unlock = lock(directory);
  const work = join(directory, "work");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  return {
    queues: join(directory, "queues"),
    tables: join(directory, "tables"),
    launchdarkly: join(directory, "launchdarkly.db"),
    launchdarklyEvents: join(directory, "launchdarkly-events.db"),
    launchdarklyFlags: join(directory, "launchdarkly-flags.db"),
    posthog: join(directory, "posthog.db"),
    pausedQueues: join(directory, "paused-queues.json"),
    work,
    close: () => {
      rmSync(work, { recursive: true, force: true });
      unlock();
    },
  };
}

/** SQLite's lock is the operating system's: it ends with the process that has it, so none is ever left behind. */
function lock(directory: string): () => void {
  try {
    mkdirSync(directory, { recursive: true });
    const database = new DatabaseSync(join(directory, "lock.db"));
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error;
    }
    return () => database.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason.includes("locked")) {
      throw new StartProblem(
        `The data directory ${directory} is in use by another stack that is running. Stop it, or choose another with --data-dir.`,
      );
    }
    throw new StartProblem(`The data directory ${directory} cannot be used: ${reason}`);
  }
}
