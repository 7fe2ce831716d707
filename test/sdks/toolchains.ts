import { join } from "node:path";
import { findPython, pythonCommands } from "../../dev/emulated/python.ts";
import { runProgram } from "./run-client.ts";

/** Where the programs and packages of the clients are kept from one run to the next. */
export const CACHE = join(import.meta.dirname, "../../node_modules/.cache/flagbridge/sdks");

/** Tools that are there, or why the clients that need them are skipped. */
export type Toolchain<Tools> =
  | { readonly kind: "found"; readonly tools: Tools }
  | { readonly kind: "missing"; readonly reason: string };

/** What each language's clients need to be run. A tool that is older than that counts as missing. */
export const python = () =>
  found("Python 3.10 or newer, by the name python3 or the one in PYTHON", () =>
    findPython(pythonCommands(process.env.PYTHON)),
  );

export const go = () =>
  found("Go 1.21 or newer", () => atLeast([1, 21], "go", ["version"], /go(\d+)\.(\d+)/));

export const java = () =>
  found("mvn, and javac of a JDK 11 or newer", async () => {
    await atLeast([11, 0], "javac", ["-version"], /javac (\d+)(?:\.(\d+))?/);
    await runProgram("mvn", ["--version"]);
  });

/** Says in words what is skipped, as a skipped test alone does not. */
export function isMissing(clients: string, toolchain: Toolchain<unknown>): boolean {
  if (toolchain.kind === "missing") console.warn(`Skipped ${clients}: ${toolchain.reason}`);
  return toolchain.kind === "missing";
}

async function found<Tools>(needed: string, find: () => Promise<Tools>): Promise<Toolchain<Tools>> {
  try {
    return { kind: "found", tools: await find() };
  } catch {
    return { kind: "missing", reason: `they need ${needed}` };
  }
}

async function atLeast(
  [major, minor]: readonly [number, number],
  command: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<void> {
  const [whole, ownMajor = 0, ownMinor = 0] = pattern.exec(await runProgram(command, args)) ?? [];
  if (Number(ownMajor) > major || (Number(ownMajor) === major && Number(ownMinor) >= minor)) return;
  throw new Error(`${command} is of version ${whole ?? "unknown"}`);
}
