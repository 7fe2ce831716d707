import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { withoutAwsBallast } from "./aws-ballast.ts";
import { withoutThirdParty } from "./source-map.ts";

const root = join(import.meta.dirname, "..");

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
    plugins: [withoutAwsBallast],
  });
  await Promise.all(
    outputFiles.map(async ({ path, contents, text }) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, path.endsWith(".map") ? withoutThirdParty(text) : contents);
    }),
  );
  return metafile;
}
