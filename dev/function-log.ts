import { visible, visibleLines } from "../cli/visible.ts";
import { clockTime } from "./clock-time.ts";
import type { Paint, Tone } from "./paint.ts";
import { type ToldLine, tellLine } from "./told-line.ts";

export type LogForm = "plain" | "json";

export type FunctionLogPorts = {
  readonly write: (line: string) => void;
  readonly paint: Paint;
  /** What begins a line, so that what is said stands in one column. */
  readonly names: readonly string[];
  /** What a code of docs/errors.md means and what to do; undefined for one that it does not have. */
  readonly meaningOf: (code: string) => string | undefined;
  /** Of the terminal; undefined where nothing is to be wrapped. */
  readonly columns: () => number | undefined;
  /** Unix ms. */
  readonly now: () => number;
};

/** Writes a line of a function's log. */
export type WriteFunctionLine = (functionName: string, line: string) => void;

/**
 * For a person, in plain words: `14:02:11  segment  200 accepted 3, rejected 1 (unknown_membership)`. What somebody has to do about
 * a code follows once, below the first line that has it. A line may quote what LaunchDarkly or another server answered: nothing in it is
 * obeyed by a terminal, or begins a line of its own.
 */
export function plainLog({
  write,
  paint,
  names,
  meaningOf,
  columns,
  now,
}: FunctionLogPorts): WriteFunctionLine {
  const width = Math.max(0, ...names.map((name) => name.length));
  const explained = new Set<string>();
  return (functionName, line) => {
    const told = tellLine(functionName, line);
    if (!told) return;
    const { atMs = now(), who, what, tone, codes, next } = told;
    write(
      `${paint("dim", clockTime(atMs))}  ${paint("bold", who.padEnd(width))}  ${paint(TONES[tone], visibleLines(what))}`,
    );
    const meanings = codes.flatMap((code) => {
      const meaning = meaningOf(code);
      return meaning === undefined ? [] : [`${code}: ${meaning}`];
    });
    for (const text of next === undefined ? meanings : [...meanings, next]) {
      if (explained.has(text)) continue;
      explained.add(text);
      for (const part of wrapped(text, (columns() ?? Infinity) - INDENT.length))
        write(`${INDENT}${paint("dim", part)}`);
    }
  };
}

const TONES = {
  fine: "plain",
  idle: "dim",
  warning: "warning",
  error: "error",
} satisfies Record<ToldLine["tone"], Tone>;

/** Below what was said, not below its time. */
const INDENT = " ".repeat("14:02:11  ".length);

/** For a program: each line as the function wrote it, without those that are metrics. Text that is no JSON becomes a message. */
export function jsonLog({ write }: Pick<FunctionLogPorts, "write">): WriteFunctionLine {
  return (functionName, line) => {
    const told = tellLine(functionName, line);
    if (!told) return;
    // In JSON the escapes of what a terminal obeys mean the same.
    write(visible(told.atMs === undefined ? JSON.stringify({ service: functionName, message: line }) : line));
  };
}

function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
