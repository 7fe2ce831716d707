import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { wholeNumber } from "../numbers.ts";
import { type ExitCode, runs } from "../run.ts";
import { type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson } from "../terminal.ts";

type Flags = TargetFlags & { readonly port?: number; readonly open: boolean };

export function addConsole(program: Command): void {
  const command = program
    .command("console")
    .description("See everything flow on a page, and repair it there")
    .option("--port <n>", "where the page is, on this machine alone (a free one)", wholeNumber("--port", 1))
    .option("--no-open", "do not open a browser");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge console
  npx flagbridge console --stage prod --profile ops --no-open`,
    )
    .action(runs(serve));
}

async function serve(flags: Flags): Promise<ExitCode> {
  // A wrong stage, and credentials that have run out, are said here and not in a browser.
  const first = await targetOf(flags);
  const { openConsole } = await import("../../console/open-console.ts");
  const { newToken } = await import("../../console/token.ts");
  const { listenOnLoopback } = await import("../../dev/listen.ts");
  const server = createServer((request, response) => console.listener(request, response));
  const port = await listen(() => listenOnLoopback(server, flags.port ?? 0), flags.port);
  const token = newToken();
  const console = openConsole({
    token,
    port: () => port,
    openTarget: lateTargets(first, flags),
    version: packageJson.version,
    profile: flags.profile,
    region: flags.region,
    folder: process.cwd(),
  });
  const url = `http://localhost:${port}/console?token=${token}`;
  const preparing = console.prepare();
  if (flags.json) printJson({ url });
  else print(`The console: ${url}`);
  note("Ctrl-C ends it.");
  await preparing;
  const opened = flags.open && process.stdout.isTTY ? await openBrowser(url) : undefined;
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  console.stop();
  server.close();
  server.closeAllConnections();
  await opened?.remove();
  return 0;
}

/** The bundle that was found already; afterwards it is found again, in case it was away. */
function lateTargets(first: Awaited<ReturnType<typeof targetOf>>, flags: Flags) {
  let given: typeof first | undefined = first;
  return async () => {
    const target = given ?? (await targetOf(flags));
    given = undefined;
    return target;
  };
}

async function listen(attempt: () => Promise<number>, port: number | undefined): Promise<number> {
  try {
    return await attempt();
  } catch (error) {
    const { OperatorProblem } = await import("../../operator/problem.ts");
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorProblem(
      `--port: ${port} cannot be used (${reason}): name another, or none for a free one.`,
    );
  }
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/**
 * Opens a file that leads to the page, because everybody on the machine can see the arguments of a program, and the URL has the token.
 * Whoever has no browser here opens the URL that was printed.
 */
async function openBrowser(url: string): Promise<{ readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "flagbridge-console-"));
  const file = join(folder, "open.html");
  const page = `<!doctype html><meta http-equiv="refresh" content="0;url=${url}"><title>Flagbridge</title>\n`;
  await writeFile(file, page, { mode: 0o600 });
  const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...args, pathToFileURL(file).href], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
  return { remove: () => rm(folder, { recursive: true, force: true }) };
}
