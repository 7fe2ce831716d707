import type { Writable } from "node:stream";

/**
 * What a reader that goes away means to the stack, as `head` and `grep -m1` do. Whoever waited for the one line of stdout has it, and
 * the stack is there for others. Where nobody reads stderr any more, the stack is nobody's: it stops in order, or it would outlive who
 * started it. Another fault, as of a full disk, ends the process as ever.
 */
export function mindLostReaders(
  { stdout, stderr }: { readonly stdout: Writable; readonly stderr: Writable },
  stop: (reason: string) => void,
): void {
  stdout.on("error", (error) => {
    if (!isLostReader(error)) throw error;
  });
  stderr.on("error", (error) => {
    if (!isLostReader(error)) throw error;
    stop("nobody reads stderr");
  });
}

function isLostReader(error: Error): boolean {
  return "code" in error && error.code === "EPIPE";
}
