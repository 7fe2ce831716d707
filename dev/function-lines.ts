/** What the functions have written lately, as they wrote it: what CloudWatch Logs would have. */
export type FunctionLines = {
  readonly add: (functionName: string, line: string) => void;
  /** The oldest first. */
  readonly of: (functionName: string) => readonly string[];
};

const MOST_LINES = 1_000;

export function createFunctionLines(): FunctionLines {
  const lines = new Map<string, string[]>();
  return {
    add: (name, line) => {
      const own = lines.get(name) ?? [];
      own.push(line);
      // Dropped by halves: one at a time would copy the whole list for every line.
      lines.set(name, own.length > 2 * MOST_LINES ? own.slice(-MOST_LINES) : own);
    },
    of: (name) => (lines.get(name) ?? []).slice(-MOST_LINES),
  };
}
