import { styleText } from "node:util";
import { OperatorProblem } from "../operator/problem.ts";

type Style = Parameters<typeof styleText>[0];

/** What is asked for: the answer, and with --json nothing else. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What accompanies the answer: notices, progress, what is about to be changed. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Styled on a terminal only, and not under NO_COLOR. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Whether a person can be asked, and see a bar. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks before something is destroyed. `--yes` answers.
 * @param whatHappens a sentence that says what would be done, already with its numbers
 * @throws {OperatorProblem} without a terminal and without --yes: nothing was done then
 */
export async function confirmed(whatHappens: string, { yes }: { readonly yes: boolean }): Promise<boolean> {
  note(whatHappens);
  if (yes) return true;
  if (!isInteractive())
    throw new OperatorProblem(
      "Nothing was done: this needs a yes, and there is no terminal to ask. Add --yes.",
    );
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: "Go on?", initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}

/** Rows of text as columns: the first row is the heading. Numbers, as columns of `right`, stand at the right. */
export function table(
  rows: readonly (readonly string[])[],
  { right = [] }: { readonly right?: readonly number[] } = {},
): string {
  const [heading = []] = rows;
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) =>
    widths
      .map((width, column) => {
        const text = row[column] ?? "";
        return right.includes(column) ? text.padStart(width) : text.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return [styled("bold", lines[0] ?? ""), ...lines.slice(1)].join("\n");
}
