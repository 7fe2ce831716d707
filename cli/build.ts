import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Metafile } from "esbuild";
import { bundledConnections } from "../lib/connections/bundled.ts";
import { destinationQueues } from "../lib/connections/queues.ts";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { asksForHelp } from "./help.ts";
import { leanBundle } from "./lean-bundle.ts";

const root = join(import.meta.dirname, "..");

/**
 * Bundles every `functions/<function>/handler.ts` to `<outDir>/<function>.cjs` with its source map beside it, and writes the
 * document that ingest serves.
 * The bundles are the same whatever they are for: AWS, the local stack and the tests run these very files.
 *
 * @throws when a function does not compile; esbuild's message names file and line.
 */
export async function buildFunctions({ outDir }: { readonly outDir: string }): Promise<void> {
  await bundle(outDir);
}

/**
 * Writes the document that ingest serves to a file of its own: within the bundle, each start of ingest would load 80 KB that few
 * requests ask for. What makes it is loaded while esbuild works in its own process.
 */
async function writeOpenapi(outDir: string): Promise<void> {
  const { openapiJson } = await import("./openapi.ts");
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, "openapi.json"), openapiJson());
}

/** One bundle of a build: `bytes` as Lambda loads it, and the three modules that weigh most in it. */
export type BundleSize = {
  readonly name: string;
  readonly bytes: number;
  readonly largest: readonly ModuleSize[];
  /** The paths of everything in it. */
  readonly modules: readonly string[];
};
export type ModuleSize = { readonly path: string; readonly bytes: number };

/** As {@link buildFunctions}, and tells how large each bundle became. */
export async function bundle(outDir: string): Promise<readonly BundleSize[]> {
  const bundling = leanBundle({ entryPoints: await handlers(), outdir: outDir });
  const [metafile] = await Promise.all([bundling, writeOpenapi(outDir)]);
  return sizes(metafile);
}

/** The packages that each bundle has a part of, as `name@version`, by the name of the function. For infra/sbom.cjs. */
export function bundledPackages(bundles: readonly BundleSize[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    bundles.map(({ name, modules }) => {
      const folders = modules.flatMap(
        (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [],
      );
      return [basename(name, ".cjs"), [...new Set(folders)].map(packageIn).sort()];
    }),
  );
}

function packageIn(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  return `${name}@${version}`;
}

async function handlers(): Promise<{ in: string; out: string }[]> {
  const folders = await readdir(join(root, "functions"), { withFileTypes: true });
  return folders
    .filter((folder) => folder.isDirectory())
    .map((folder) => ({ in: join(root, "functions", folder.name, "handler.ts"), out: folder.name }))
    .filter((entry) => existsSync(entry.in));
}

function sizes(metafile: Metafile): BundleSize[] {
  return Object.entries(metafile.outputs)
    .filter(([path]) => path.endsWith(".cjs"))
    .map(([path, output]) => ({
      name: path.replace(/^.*\//, ""),
      bytes: output.bytes,
      largest: Object.entries(output.inputs)
        .map(([input, { bytesInOutput }]) => ({ path: input, bytes: bytesInOutput }))
        .sort((a, b) => b.bytes - a.bytes)
        .slice(0, 3),
      modules: Object.keys(output.inputs),
    }));
}

/**
 * Packages the user's connections, checked: what is wrong with them has to show here and not in a cold start.
 * Gives the problems, none when the file was written.
 */
async function writeConnections(outDir: string): Promise<readonly string[]> {
  const own = join(root, "connections.yml");
  const file = existsSync(own) ? own : join(root, "connections.example.yml");
  const read = await readConnectionsFile(file);
  if (!read.ok) return [`${basename(file)} is not right:`, ...read.problems.map((problem) => `  ${problem}`)];
  if (file !== own) {
    console.error(
      "There is no connections.yml: connections.example.yml is packaged in its place. Before a deploy:\n" +
        "  cp connections.example.yml connections.yml",
    );
  }
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, "connections.json"), bundledConnections(read.connections));
  // For infra/connections-plugin.cjs, which `sls` may run on a Node that takes no TypeScript.
  await writeFile(join(outDir, "queues.json"), JSON.stringify(destinationQueues(read.connections)));
  return [];
}

if (import.meta.main && asksForHelp(process.argv.slice(2))) {
  console.log("usage: npm run build\n\nChecks connections.yml, and bundles every function into dist/.");
} else if (import.meta.main) {
  const outDir = join(root, "dist");
  const problems = await writeConnections(outDir);
  if (problems.length > 0) {
    console.error(problems.join("\n"));
    process.exit(1);
  }
  const bundles = await bundle(outDir);
  await writeFile(join(outDir, "packages.json"), JSON.stringify(bundledPackages(bundles)));
  for (const { name, bytes } of bundles) {
    console.log(`dist/${name.padEnd(26)} ${(bytes / 1000).toFixed(1).padStart(8)} KB`);
  }
}
