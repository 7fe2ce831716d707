import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import packageJson from "../../package.json" with { type: "json" };

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const packed = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..", "bin");
const version = packageJson.devDependencies["@sparticuz/chromium"];
const unpacked = join(root, "node_modules/.cache/flagbridge", `chromium-${version}`);

/**
 * A browser as its users have it: nothing of its security is turned off, as the arguments of @sparticuz/chromium would. The binary is
 * that of npm, unpacked once, which takes some ten seconds. Elsewhere than on Linux with an Intel processor, where npm has none, it is
 * the machine's own Chrome.
 */
export async function openBrowser(): Promise<Browser> {
  const args = ["--disable-gpu", "--font-render-hinting=none"];
  if (process.platform !== "linux" || process.arch !== "x64")
    return chromium.launch({ channel: "chrome", args });
  if (!existsSync(unpacked)) await unpack();
  const executablePath = join(unpacked, "chromium");
  const { stdout } = await run("ldd", [executablePath]);
  const libraries = stdout.includes("not found") ? { LD_LIBRARY_PATH: join(unpacked, "al2023/lib") } : {};
  return chromium.launch({
    executablePath,
    // The sandbox of a container's root user cannot have one of its own.
    args: [...args, "--no-sandbox"],
    env: { ...process.env, ...libraries },
  });
}

/** To a folder of its own first: another run of the tests must not see a binary that is half there. */
async function unpack(): Promise<void> {
  await mkdir(dirname(unpacked), { recursive: true });
  const folder = await mkdtemp(`${unpacked}-`);
  const to = (name: string) => join(folder, name);
  const inflate = (from: string, name: string) =>
    pipeline(createReadStream(join(packed, from)), createBrotliDecompress(), createWriteStream(to(name)));
  await Promise.all([inflate("chromium.br", "chromium"), inflate("al2023.tar.br", "al2023.tar")]);
  await chmod(to("chromium"), 0o755);
  await run("tar", ["-xf", to("al2023.tar"), "-C", folder]);
  await writeFile(to("version"), `${version}\n`);
  try {
    await rename(folder, unpacked);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    // Another run was faster.
    if (!existsSync(unpacked)) throw error;
  }
}
