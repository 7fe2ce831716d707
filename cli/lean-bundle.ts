import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import packageJson from "../package.json" with { type: "json" };
import { withoutAwsBallast } from "./aws-ballast.ts";
import { withoutThirdParty } from "./source-map.ts";

const root = join(import.meta.dirname, "..");

/** Of package.json a function needs its version; esbuild would put all of it into every bundle, scripts and tools too. */
const versionOnly: Plugin = {
  name: "version-only",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) =>
      path === join(root, "package.json")
        ? { contents: JSON.stringify({ version: packageJson.version }), loader: "json" }
        : undefined,
    ),
};

/**
 * Bundles as every function is bundled, each entry to one minified `.cjs` with its source map beside it.
 *
 * @throws when an entry does not compile; esbuild's message names file and line.
 */
export async function leanBundle(
  what: Pick<BuildOptions, "entryPoints" | "outdir" | "nodePaths">,
): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
    ...what,
    absWorkingDir: root,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    // `sls invoke local` loads .cjs and not .mjs.
    format: "cjs",
    minify: true,
    sourcemap: "linked",
    // A stack trace needs positions and names. The sources themselves would triple the package.
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: "warning",
    // The ES modules of the AWS SDK and zod lose what is not used; their CommonJS files keep everything.
    mainFields: ["module", "main"],
    plugins: [withoutAwsBallast, versionOnly],
  });
  await Promise.all(
    outputFiles.map(async ({ path, contents, text }) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, path.endsWith(".map") ? withoutThirdParty(text) : contents);
    }),
  );
  return metafile;
}
