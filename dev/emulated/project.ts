import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** All of the repository that `sls` packages and deploys from. */
const PARTS = [
  "cli",
  "functions",
  "infra",
  "lib",
  "operator",
  "connections.example.yml",
  "package.json",
  "serverless.yml",
];

export type Output = { readonly stdout: string; readonly stderr: string };

/** A copy of the project to deploy from, with connections of its own: the repository's files stay as they are. */
export type Project = {
  readonly directory: string;
  /** Runs `sls` in it. @throws {Error} with all that it wrote, when it exits with anything but 0. */
  readonly sls: (args: readonly string[]) => Promise<Output>;
};

export type ProjectOptions = {
  /** Made anew. */
  readonly directory: string;
  /** The text of its connections.yml. */
  readonly connections: string;
  /** The variables that tell an AWS client where AWS is and who asks. */
  readonly variables: Readonly<Record<string, string>>;
  /** Ends every `sls` that runs. */
  readonly signal: AbortSignal;
  /** Puts the parts of the project into the directory; those of this repository, as they are now, when it is not given. */
  readonly copy?: (directory: string) => Promise<void>;
};

export async function copyProject(options: ProjectOptions): Promise<Project> {
  const { directory, connections, variables, signal, copy = copyParts } = options;
  mkdirSync(directory, { recursive: true });
  await copy(directory);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  writeFileSync(join(directory, "connections.yml"), connections);
  const bin = join(root, "node_modules/.bin");
  const env = {
    ...variables,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    HOME: directory,
    // osls compiles its schema of serverless.yml once and keeps that in HOME, which is new in every copy.
    SLS_SCHEMA_CACHE_BASE_DIR: join(root, "node_modules/.cache/osls"),
  };
  const sls = async (args: readonly string[]): Promise<Output> => {
    const limits = { cwd: directory, env, signal, maxBuffer: 16 * 1024 * 1024 };
    return new Promise((resolve, reject) => {
      execFile(join(bin, "sls"), args, limits, (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else
          reject(new Error(`sls ${args.join(" ")} failed:\n${`${stdout}${stderr}`.trim() || error.message}`));
      });
    });
  };
  return { directory, sls };
}

async function copyParts(directory: string): Promise<void> {
  for (const part of PARTS) cpSync(join(root, part), join(directory, part), { recursive: true });
}
