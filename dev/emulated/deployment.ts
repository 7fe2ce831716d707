import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkConnectionsYaml } from "../../lib/connections/yaml.ts";
import { StartProblem } from "../problem.ts";
import { openSandbox } from "../sandbox/open-sandbox.ts";
import { sandboxServer } from "../sandbox/route.ts";
import type { Secrets } from "../secrets-file.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { startFront } from "./front.ts";
import { copyProject, type Output, type Project, type ProjectOptions } from "./project.ts";
import type { VirtualEnvironment } from "./virtual-environment.ts";

export const SERVICE = "flagbridge";
export const STAGE = "emulated";
export const REGION = "us-east-1";
/** The emulator knows this key as the account's root, which may do everything. */
const ROOT = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" } as const;

/** An account of AWS on this machine with LaunchDarkly and PostHog beside it; nothing is deployed yet. */
export type Account = {
  /** The address of the deployed API and, under /sandbox/, of LaunchDarkly and PostHog. */
  readonly url: string;
  readonly emulator: Emulator;
  /** What tells any AWS client where the account is, and makes it the account's root. */
  readonly variables: Readonly<Record<string, string>>;
  /** The connections.yml of what is deployed here: its URLs are those of this sandbox. */
  readonly connections: string;
  readonly secrets: Secrets;
  /** A copy of the project to deploy from: this repository's as it is now, unless `copy` makes another. */
  readonly project: (
    name: string,
    options?: Partial<Pick<ProjectOptions, "copy" | "variables">>,
  ) => Promise<Project>;
  /** Runs AWS's command line and gives what it prints. */
  readonly aws: (args: readonly string[]) => Promise<string>;
  /** Sends what comes to `url` to the API of the stack that is deployed now. */
  readonly openApi: () => Promise<void>;
  /** Gives every secret of secrets.json its value. */
  readonly fillSecrets: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type AccountOptions = {
  readonly environment: VirtualEnvironment;
  /** A folder in it is made, and removed at the end, for the emulator and the copies of the project. */
  readonly parent: string;
  readonly port: number;
  readonly emulatorPort: number;
  readonly failResource?: string | undefined;
};

const nodeBin = join(import.meta.dirname, "../../node_modules/.bin");

/** @throws {StartProblem} for what the caller can put right. */
export async function openAccount(options: AccountOptions): Promise<Account> {
  const { parent, environment } = options;
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "account-"));
  const secrets: Secrets = JSON.parse(readFileSync(join(import.meta.dirname, "secrets.json"), "utf8"));
  const template = readFileSync(join(import.meta.dirname, "connections.yml"), "utf8");
  const stopping = new AbortController();
  let api: URL | undefined;

  const checked = checkConnectionsYaml(template);
  if (!checked.ok) throw new StartProblem(`dev/emulated/connections.yml:\n${checked.problems.join("\n")}`);
  const sandbox = openSandbox({
    dataDir: {
      launchdarkly: undefined,
      launchdarklyEvents: undefined,
      launchdarklyFlags: undefined,
      posthog: undefined,
    },
    connections: checked.connections,
    secrets: () => secrets,
    url: () => front.url,
  });
  const front = await startFront({
    port: options.port,
    sandbox: sandboxServer(sandbox.routes),
    api: () => api,
  }).catch(async (error: unknown) => {
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  const close = async (): Promise<void> => {
    await front.stop();
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
  };
  let emulator: Emulator;
  try {
    emulator = await startEmulator({
      environment,
      directory: join(directory, "emulator"),
      port: options.emulatorPort,
      nodeBin,
      failResource: options.failResource,
    });
  } catch (error) {
    await close();
    throw error;
  }
  const connections = template.replaceAll("http://127.0.0.1:3000/", `${front.url}/`);
  const variables = {
    ...ROOT,
    AWS_REGION: REGION,
    // The first version of AWS's command line reads this one alone.
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const aws = async (args: readonly string[]): Promise<string> => {
    const env = { ...variables, HOME: directory, PATH: process.env.PATH };
    const { stdout }: Output = await promisify(execFile)(environment.aws, args, { env });
    return stdout.trim();
  };
  return {
    url: front.url,
    emulator,
    variables,
    connections,
    secrets,
    aws,
    project: (name, given) =>
      copyProject({
        directory: join(directory, name),
        connections,
        variables,
        signal: stopping.signal,
        ...given,
      }),
    openApi: async () => {
      const query = ["--query", "Stacks[0].Outputs[?OutputKey=='HttpApiId'].OutputValue", "--output", "text"];
      const id = await aws([
        "cloudformation",
        "describe-stacks",
        "--stack-name",
        `${SERVICE}-${STAGE}`,
        ...query,
      ]);
      api = new URL(`${emulator.endpoint}/_aws/execute-api/${id}/$default`);
    },
    fillSecrets: async () => {
      await Promise.all(
        Object.entries(secrets).map(([name, value]) =>
          aws([
            "secretsmanager",
            "put-secret-value",
            "--secret-id",
            `${SERVICE}/${STAGE}/${name}`,
            "--secret-string",
            JSON.stringify(value),
          ]),
        ),
      );
    },
    stop: async () => {
      stopping.abort();
      await emulator.stop();
      await close();
    },
  };
}
