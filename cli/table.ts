import { visible } from "./visible.ts";

export type TableForm = {
  /** Columns of numbers, which stand at the right. */
  readonly right?: readonly number[];
  /** Of the terminal; without it, as in a pipe, a cell is one line however long. */
  readonly columns?: number | undefined;
};

const GAP = 2;
/** Below this a column is no longer readable, and the terminal may break the line. */
const LEAST = 10;

/** Rows of text as columns: the lines of the heading, which is the first row, and those of the others. */
export function tableLines(
  given: readonly (readonly string[])[],
  { right = [], columns }: TableForm = {},
): { readonly heading: readonly string[]; readonly body: readonly string[] } {
  const rows = given.map((row) => row.map(visible));
  const [heading = [], ...body] = rows;
  const natural = heading.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const widths = columns === undefined ? natural : fitting(natural, columns - GAP * (natural.length - 1));
  const lines = (row: readonly string[]): readonly string[] => {
    const cells = widths.map((width, column) => brokenAt(width, row[column] ?? ""));
    const height = Math.max(1, ...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, at) =>
      widths
        .map((width, column) => {
          const text = cells[column]?.[at] ?? "";
          return right.includes(column) ? text.padStart(width) : text.padEnd(width);
        })
        .join(" ".repeat(GAP))
        .trimEnd(),
    );
  };
  return { heading: lines(heading), body: body.flatMap(lines) };
}

/** Takes from the widest columns until all of them fit. */
function fitting(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  for (;;) {
    const widest = Math.max(...widths);
    if (widths.reduce((sum, width) => sum + width, 0) <= room || widest <= LEAST) return widths;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

/** Breaks a cell behind a space, a mark that parts names or the day of a time, else in the middle of a word. */
function brokenAt(width: number, text: string): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const [part = rest.slice(0, width)] =
      new RegExp(`^.{0,${width - 1}}(?:[ ,/_-]|T(?=\\d\\d:))`, "s").exec(rest) ?? [];
    lines.push(part.trimEnd());
    rest = rest.slice(part.length);
  }
  return rest === "" && lines.length > 0 ? lines : [...lines, rest];
}
