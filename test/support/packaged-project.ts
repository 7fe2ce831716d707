import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";
import { COMPILE_CACHE } from "./compile-cache.ts";

const root = join(import.meta.dirname, "../..");

/** A copy of the project as a clone has it, so that packaging leaves the bundles of other tests alone. */
export type Clone = {
  readonly directory: string;
  /** What a command in it is run with: dummy credentials, a home of its own, and nothing of the caller's. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Runs `sls` in it with its environment and these variables: what works here works on any machine. Rejects, with
   * what was written, when it exits with anything but 0.
   */
  readonly sls: (
    args: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly stdout: string; readonly stderr: string }>;
  readonly remove: () => void;
};

export function cloneProject(): Clone {
  const home = mkdtempSync(join(tmpdir(), "flagbridge-package-"));
  const directory = join(home, "project");
  mkdirSync(directory);
  const parts = [
    "cli",
    "functions",
    "infra",
    "lib",
    "operator",
    "connections.example.yml",
    "package.json",
    "package-lock.json",
    "serverless.yml",
  ];
  for (const part of parts) cpSync(join(root, part), join(directory, part), { recursive: true });
  // Beside the project, where Node finds it too: osls lists every file below the project once for each function, and
  // the files of node_modules are nearly half of the CPU of `sls package`.
  symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
  const bin = join(root, "node_modules/.bin");
  const environment = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: "eu-west-1",
    // osls compiles its schema of serverless.yml once and keeps that in HOME, which is new in every clone: without a
    // place for all of them every run of it takes three more seconds of CPU.
    SLS_SCHEMA_CACHE_BASE_DIR: join(root, "node_modules/.cache/osls"),
    NODE_COMPILE_CACHE: COMPILE_CACHE,
  };
  return {
    directory,
    environment,
    remove: () => rmSync(home, { recursive: true, force: true }),
    sls: (args, variables) =>
      promisify(execFile)(join(bin, "sls"), args, { cwd: directory, env: { ...environment, ...variables } }),
  };
}

/** The paths in the zip of one function, sorted. */
export function packagedPaths(project: Pick<Clone, "directory">, functionName: string): string[] {
  return packagedEntries(project, functionName)
    .map(({ path }) => path)
    .sort();
}

/** What one file in the zip of a function holds. @throws {Error} when there is none of this path. */
export function packagedFile(project: Pick<Clone, "directory">, functionName: string, path: string): Buffer {
  const entry = packagedEntries(project, functionName).find((one) => one.path === path);
  if (entry === undefined) throw new Error(`${functionName}.zip has no ${path}`);
  return entry.content();
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT §4.3.12, the central directory, and §4.3.7 */
function packagedEntries({ directory }: Pick<Clone, "directory">, functionName: string) {
  const zip = readFileSync(join(directory, `.serverless/${functionName}.zip`));
  const signature = "PK\u0001\u0002";
  const entries: { readonly path: string; readonly content: () => Buffer }[] = [];
  for (let at = zip.indexOf(signature); at >= 0; at = zip.indexOf(signature, at + 46)) {
    const header = at;
    entries.push({
      path: zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)),
      content: () => {
        const local = zip.readUInt32LE(header + 42);
        const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
        const stored = zip.subarray(begin, begin + zip.readUInt32LE(header + 20));
        // 0 is stored as it is, 8 deflated.
        return zip.readUInt16LE(header + 10) === 0 ? stored : inflateRawSync(stored);
      },
    });
  }
  return entries;
}
