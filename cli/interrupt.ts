import { note } from "./terminal.ts";

/**
 * Ctrl-C ends the command at the next safe point, and a second one at once.
 * @returns whether it was pressed
 */
export function stopsOnce(): () => boolean {
  let isStopped = false;
  process.once("SIGINT", () => {
    isStopped = true;
    note("Stopping at the next safe point. Ctrl-C again stops at once.");
    process.once("SIGINT", () => process.exit(130));
  });
  return () => isStopped;
}
