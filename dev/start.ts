import { join } from "node:path";
import { buildFunctions } from "../cli/build.ts";
import { asksForHelp } from "../cli/help.ts";
import { readMeanings } from "../console/meanings.ts";
import { checkSecrets } from "../lib/connections/check-secrets.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { directions, firstSteps } from "./directions.ts";
import { jsonLog, type LogForm, plainLog, type WriteFunctionLine } from "./function-log.ts";
import { bundledFunctions } from "./functions.ts";
import { withHold } from "./hold.ts";
import { mindLostReaders } from "./lost-readers.ts";
import { parseOptions, type StartOptions, usage } from "./options.ts";
import { paintFor } from "./paint.ts";
import { StartProblem } from "./problem.ts";
import { readSecretsFile, watchSecretsFile } from "./secrets-file.ts";
import { type Stack, startStack } from "./stack.ts";

/** `npm start`: the readiness line is all there is on stdout, so that a program can wait for it. See README.md. */

const PARENT_CHECK_MS = 250;

const paint = paintFor(process.stderr);

if (asksForHelp(process.argv.slice(2))) {
  console.log(usage);
  process.exit(0);
}
const options = optionsOrExit();
const configuring = readConfiguration(options);
const starting = start(options);
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => stop(signal));
}
mindLostReaders(process, stop);
if (process.env.npm_lifecycle_event === "start") stopWithParent();
try {
  const { url, endpoints, console: page } = await starting;
  const configuration = await configuring;
  const about = { ...configuration, url, secretsPath: options.secrets, paint };
  // What a person needs most comes last, where it still stands when the first requests come.
  for (const [name, endpoint] of Object.entries(endpoints))
    console.error(paint("dim", `${name}=${endpoint}`));
  if (!options.quiet) console.error(`${directions(about).join("\n")}\n`);
  // On a line of its own, because with anything beside it the URL would not fit into 80 columns.
  console.error(`The console:\n  ${paint("link", page.url)}`);
  process.stdout.write(`Flagbridge is ready: ${url}\n`);
  if (!options.quiet) {
    console.error(firstSteps(about).join("\n"));
    page.prepare().catch((error: unknown) => tellProblem(`The console cannot be built: ${error}`));
  }
} catch (error) {
  if (!(error instanceof StartProblem)) throw error;
  console.error(paint("error", error.message));
  process.exit(1);
}

async function start({
  port,
  connections: connectionsSource,
  secrets,
  batchWindowSeconds,
  dataDir,
  holdSeconds,
  quiet,
  log,
}: StartOptions): Promise<Stack> {
  const configuration = await configuring;
  return startStack({
    port,
    batchWindowSeconds,
    dataDir,
    connections: configuration.connections,
    connectionsSource,
    secrets: watchSecretsFile(
      {
        path: secrets,
        check: (now) => checkSecrets(configuration.connections, now),
        onProblem: tellProblem,
      },
      configuration.secrets,
    ),
    // Built to a folder of this stack's own: another that starts at the same time must not see a half-written bundle.
    functions: async (directory) => {
      await buildFunctions({ outDir: directory });
      const functions = bundledFunctions(directory, configuration.connections);
      return holdSeconds === undefined ? functions : withHold(functions, holdSeconds);
    },
    onFunctionLine: quiet ? () => {} : openLog(log ?? "plain", configuration.connections),
    onProblem: tellProblem,
  });
}

function openLog(form: LogForm, { connections, launchdarkly, posthog }: Connections): WriteFunctionLine {
  const write = (line: string): void => console.error(line);
  if (form === "json") return jsonLog({ write });
  let meanings: ReturnType<typeof readMeanings> | undefined;
  return plainLog({
    write,
    paint,
    names: [
      ...Object.keys(connections),
      ...Object.keys({ ...launchdarkly, ...posthog }).map((name) => `→ ${name}`),
      "audit log",
    ],
    meaningOf: (code) => {
      meanings ??= readMeanings(join(import.meta.dirname, "../docs/errors.md"));
      return meanings[code];
    },
    columns: () => process.stderr.columns,
    now: Date.now,
  });
}

function tellProblem(problem: string): void {
  console.error(paint("warning", problem));
}

/** @throws {StartProblem} that names every problem of both files. */
async function readConfiguration({ connections: connectionsPath, secrets: secretsPath }: StartOptions) {
  const connections = await readConnectionsFile(connectionsPath);
  const secrets = readSecretsFile(secretsPath);
  const secretProblems = !secrets.ok
    ? secrets.problems
    : connections.ok
      ? checkSecrets(connections.connections, secrets.secrets)
      : [];
  if (connections.ok && secrets.ok && secretProblems.length === 0) {
    return { connections: connections.connections, secrets: secrets.secrets };
  }
  throw new StartProblem(
    [
      ...report(connectionsPath, connections.ok ? [] : connections.problems),
      ...report(secretsPath, secretProblems),
    ].join("\n"),
  );
}

function report(path: string, problems: readonly string[]): readonly string[] {
  return problems.length === 0 ? [] : [`${path} is not right:`, ...problems.map((problem) => `  ${problem}`)];
}

/** A terminal and npm both pass Ctrl-C on: the second of a pair changes nothing. */
async function stop(reason: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  console.error(`${reason}: stopping`);
  const stack = await starting.catch(() => undefined);
  await stack?.stop();
  process.exit(0);
}

/** npm does not always pass on the signal that ends it, and nobody could stop a stack that outlived it. */
function stopWithParent(): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop("npm is gone");
  }, PARENT_CHECK_MS);
  watch.unref();
}

function optionsOrExit(): StartOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
