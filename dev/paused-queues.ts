import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { StartProblem } from "./problem.ts";

/** The queues whose messages nobody takes, until somebody resumes them. */
export type PausedQueues = {
  readonly has: (queue: string) => boolean;
  readonly set: (queue: string, state: "paused" | "running") => void;
};

const content = z.strictObject({ paused: z.array(z.string()) });

/**
 * Keeps the paused queues in this file, or in memory without one: a stack that resumed by itself after a restart would send what
 * somebody had held back.
 * @throws {StartProblem} when the file is there and cannot be read.
 */
export function openPausedQueues(file: string | undefined): PausedQueues {
  const paused = new Set(file === undefined ? [] : read(file));
  return {
    has: (queue) => paused.has(queue),
    set: (queue, state) => {
      if (state === "paused") paused.add(queue);
      else paused.delete(queue);
      if (file === undefined) return;
      // Renamed into place, so that a `kill -9` leaves the old list or the new one.
      writeFileSync(`${file}.new`, JSON.stringify({ paused: [...paused] }));
      renameSync(`${file}.new`, file);
    },
  };
}

function read(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  try {
    return content.parse(JSON.parse(readFileSync(file, "utf8"))).paused;
  } catch {
    throw new StartProblem(
      `${file} cannot be read: expected {"paused":[names of queues]}. Correct it, or delete it so that no queue is paused.`,
    );
  }
}
