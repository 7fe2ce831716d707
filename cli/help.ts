/** Whether the command line asks what the command does: then it says so, does nothing else, and exits 0. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}
