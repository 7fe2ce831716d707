import { styleText } from "node:util";
import { OperatorProblem } from "../operator/problem.ts";
import { tableLines } from "./table.ts";
import { visible, visibleLines } from "./visible.ts";

type Style = Parameters<typeof styleText>[0];

/**
 * What is asked for: the answer, and with --json nothing else. What a terminal would obey is made visible, except the styles of
 * {@link styled}; a value that may have line ends of its own goes through `visible` before.
 */
export function print(text: string): void {
  process.stdout.write(`${visibleLines(text).replaceAll(STYLE_MARK, ESCAPE)}\n`);
}

/** What accompanies the answer: notices, progress, what is about to be changed. */
export function note(text: string): void {
  process.stderr.write(`${visibleLines(text)}\n`);
}

/**
 * Keeps a reader that went away, as `head` does, from ending the work in the middle: it goes on, and its exit code says what became
 * of it. An answer that could not be written for another reason, as on a full disk, is exit 2.
 */
export function surviveLostReaders(): void {
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error) => {
    if ("code" in error && error.code === "EPIPE") return;
    note(`The answer could not be written: ${error.message}. What the command did is done.`);
    process.on("exit", () => {
      process.exitCode = 2;
    });
  });
}

/** Whether nobody reads the answers any more. */
export function isUnread(): boolean {
  return process.stdout.errored !== null;
}

/** In JSON, too, only what a terminal does not obey stands as it is: the escapes mean the same. */
export function printJson(value: unknown): void {
  print(visible(JSON.stringify(value)));
}

const ESCAPE = "\u001b";
/** Stands for the escape of our own styles until it is printed. Nobody outside can know it, so nobody else's text is styled. */
const STYLE_MARK = `<${crypto.randomUUID()}>`;

/** Styled on a terminal only, and not under NO_COLOR. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout }).replaceAll(ESCAPE, STYLE_MARK);
}

/** From the top of the terminal, over what was there: a screen that is cleared first would flicker. */
export function startAgain(): void {
  if (process.stdout.isTTY) process.stdout.write(`${ESCAPE}[H${ESCAPE}[J`);
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

/** Rows of text as columns: the first row is the heading. On a terminal they fit into its width. */
export function table(
  rows: readonly (readonly string[])[],
  { right = [] }: { readonly right?: readonly number[] } = {},
): string {
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  const { heading, body } = tableLines(rows, { right, columns });
  return [...heading.map((line) => styled("bold", line)), ...body].join("\n");
}
