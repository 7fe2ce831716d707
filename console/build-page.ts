import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** A file of the page, by its path under /console/; `index` is the page itself. */
export type PageFile = { readonly type: string; readonly bytes: Uint8Array; readonly gzipped: Uint8Array };
export type PageFiles = ReadonlyMap<string, PageFile>;

/**
 * Bundles the page from `page/`: one script and one style, in memory. Their names have the digest of what is in them, so that a browser
 * that keeps them never shows an old page.
 *
 * @throws when the page does not compile; esbuild's message names file and line.
 */
export async function buildPage(): Promise<PageFiles> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page/main.tsx")],
    absWorkingDir: join(import.meta.dirname, ".."),
    tsconfig: join(import.meta.dirname, "page/tsconfig.json"),
    bundle: true,
    write: false,
    outdir: "console",
    format: "esm",
    target: ["es2023", "safari17"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const files = new Map<string, PageFile>();
  const named = (extension: "js" | "css", type: string): string => {
    const bytes = outputFiles.find(({ path }) => path.endsWith(`.${extension}`))?.contents;
    if (!bytes) throw new Error(`the page has no .${extension}`);
    const name = `app-${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.${extension}`;
    files.set(name, { type, bytes, gzipped: gzipSync(bytes) });
    return name;
  };
  const script = named("js", "text/javascript; charset=utf-8");
  const style = named("css", "text/css; charset=utf-8");
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Flagbridge</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console/${style}">
<script type="module" src="/console/${script}"></script>
</head>
<body><div id="app"></div><noscript>The console needs JavaScript.</noscript></body>
</html>
`;
  const bytes = new TextEncoder().encode(page);
  files.set("index", { type: "text/html; charset=utf-8", bytes, gzipped: gzipSync(bytes) });
  return files;
}
