import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";

const root = join(import.meta.dirname, "../..");

/** What a page has done besides sending to the API. */
export type OpenedPage = {
  /** The URLs it asked for that are neither its own nor the API's. */
  readonly elsewhere: readonly string[];
  /** What the browser and the page's scripts have reported as errors. */
  readonly errors: readonly string[];
  /** Runs this JavaScript in the page, as a click would. */
  readonly run: (script: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

/**
 * The settings of a browser SDK as a source's page has them: the one block of JavaScript under "## In a browser", with the API and the
 * write key filled in. Locally the API speaks HTTP.
 */
export function documentedSettings(
  page: string,
  { apiUrl, writeKey }: { readonly apiUrl: string; readonly writeKey: string },
): string {
  const text = readFileSync(join(root, "docs/sources", page), "utf8");
  const [, block] = /\n## In a browser\n[\s\S]*?\n *```js\n([\s\S]*?)```/.exec(text) ?? [];
  if (block === undefined) throw new Error(`docs/sources/${page} has no settings under "## In a browser"`);
  return block
    .replaceAll("https://<your API>", apiUrl)
    .replaceAll("<your API>", new URL(apiUrl).host)
    .replaceAll('protocol: "https"', 'protocol: "http"')
    .replaceAll("<write key>", writeKey);
}

/** Opens a page of another origin than the API's that runs this script, with the packages of `browser/` bundled into it. */
export async function openPageOfElsewhere(
  browser: Browser,
  { script, apiUrl }: { readonly script: string; readonly apiUrl: string },
): Promise<OpenedPage> {
  const bundled = await build({
    stdin: { contents: script, resolveDir: join(import.meta.dirname, "browser") },
    bundle: true,
    write: false,
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const source = bundled.outputFiles[0]?.text ?? "";
  const server = createServer(({ url }, response) => {
    const isScript = url === "/page.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? source : '<!doctype html><title>Shop</title><script src="/page.js"></script>');
  }).listen(0);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the page's server has no port");
  const own = `http://localhost:${address.port}`;

  const context = await browser.newContext();
  const page = await context.newPage();
  const elsewhere: string[] = [];
  const errors: string[] = [];
  // Only watched: a browser whose requests are intercepted answers its CORS preflights itself.
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (origin !== own && origin !== apiUrl) elsewhere.push(request.url());
  });
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(own);
  return {
    elsewhere,
    errors,
    run: (more) => page.evaluate(more),
    close: async () => {
      await context.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
