import { join } from "node:path";
import { asksForHelp } from "../../cli/help.ts";
import { StartProblem } from "../problem.ts";
import { type Account, openAccount, SERVICE, STAGE } from "./deployment.ts";
import { type EmulatedOptions, parseOptions, usage } from "./options.ts";
import { findPython, pythonCommands } from "./python.ts";
import { openVirtualEnvironment } from "./virtual-environment.ts";

/** `npm run deploy:emulated`: the readiness line is all there is on stdout, so that a program can wait for it. See README.md. */

const folder = join(import.meta.dirname, "../../.emulated");

if (asksForHelp(process.argv.slice(2))) {
  console.log(usage);
  process.exit(0);
}
const options = optionsOrExit();
let opening: Promise<Account> | undefined;
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => stop(0));
}
try {
  await deploy();
} catch (error) {
  if (!isStopping) {
    console.error(error instanceof StartProblem ? error.message : error);
    await stop(1);
  }
}

async function deploy(): Promise<void> {
  const python = await findPython(pythonCommands(process.env.PYTHON));
  const report = (line: string) => console.error(line);
  const environment = await openVirtualEnvironment({
    python,
    parent: folder,
    environment: process.env,
    report,
  });
  opening = openAccount({ environment, parent: folder, ...options });
  const account = await opening;
  const { url, emulator, variables } = account;
  const project = await account.project("project");
  report(`Deploying to ${emulator.endpoint}`);
  const { stderr } = await project.sls(["deploy", "--stage", STAGE]).catch((error: Error) => {
    throw new StartProblem(`${error.message}\nNothing is left running. Mend the cause and start again.`);
  });
  report(stderr.trim());
  await account.fillSecrets();
  await account.openApi();
  for (const [name, value] of Object.entries(variables)) console.error(`${name}=${value}`);
  console.error(`Logs: cd ${project.directory} && npx sls logs --stage ${STAGE} -f ingest`);
  console.error(`LaunchDarkly: ${url}/sandbox/launchdarkly/segments, …/events`);
  console.error(`PostHog:      ${url}/sandbox/posthog/events`);
  process.stdout.write(`${SERVICE} is deployed: ${url}\n`);
}

/** A terminal and npm both pass Ctrl-C on: the second of a pair changes nothing. */
async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const account = await opening?.catch(() => undefined);
  await account?.stop();
  process.exit(code);
}

function optionsOrExit(): EmulatedOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
