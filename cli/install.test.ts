import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";

const root = join(import.meta.dirname, "..");
let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const platforms = z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]);
const locked = z.object({
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  optional: z.boolean().default(false),
  os: platforms,
  cpu: platforms,
});
const lockfile = z.object({ packages: z.record(z.string(), locked) });

async function lockedPackages() {
  const { packages } = lockfile.parse(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")));
  return Object.entries(packages)
    .filter(([path]) => path !== "")
    .map(([path, one]) => ({ name: path.replace(/^node_modules\//, ""), ...one }));
}

describe("package-lock.json", () => {
  test("has the digest of everything that is installed", async () => {
    const without = (await lockedPackages()).filter(({ integrity }) => !integrity?.startsWith("sha512-"));
    expect(without).toEqual([]);
  });

  test("names no registry: each machine has its own", async () => {
    expect((await lockedPackages()).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  test("pins a Node for each platform, which no install script fetches", async () => {
    const packages = await lockedPackages();
    const nodes = packages.filter(({ name, os }) => name.startsWith("node-") && os.length > 0);
    expect(nodes.map(({ os, cpu }) => `${os} ${cpu}`).sort()).toEqual([
      "darwin arm64",
      "darwin x64",
      "linux arm64",
      "linux x64",
      "win32 x64",
    ]);
    expect(nodes.every(({ optional }) => optional)).toBe(true);
    expect(packages.map(({ name }) => name)).not.toContain("node");
  });
});

describe("npm ci", () => {
  /** With npm's own check of engines, which reads `process.version`; nothing is installed. */
  async function warningsOn(version: string): Promise<string> {
    for (const file of ["package.json", "package-lock.json"])
      await copyFile(join(root, file), join(folder.path, file));
    const pretend = await folder.file(
      "pretend.cjs",
      `Object.defineProperty(process, "version", { value: "v${version}" });`,
    );
    const { code, output } = await run("npm", ["ci", "--dry-run", "--ignore-scripts", "--offline"], {
      NODE_OPTIONS: `--require ${pretend}`,
      npm_config_loglevel: "warn",
    });
    if (code !== 0) throw new Error(output);
    return output;
  }

  test.each(["22.17.0", "24.0.0", "26.0.0"])(
    "has no warning on Node %s, as the README says",
    async (version) => {
      expect(await warningsOn(version)).not.toMatch(/EBADENGINE/);
    },
  );

  test("on Node 20 warns only of what never runs on it", async () => {
    const warnedOf = (await warningsOn("20.19.0")).matchAll(/package: '([^']+)@/g);
    expect([...warnedOf].map(([, name]) => name).sort()).toEqual([
      "@middy/core",
      "@middy/util",
      "@sparticuz/chromium",
      "cookie",
      "fauxqs",
      "vitest",
    ]);
  });
});

describe("the script after npm ci", () => {
  async function linkNode(version?: string) {
    const args = [join(root, "cli/link-commands.cjs")];
    if (version !== undefined) {
      const versions = `{ value: { ...process.versions, node: "${version}" } }`;
      args.unshift(
        "--require",
        await folder.file("pretend.cjs", `Object.defineProperty(process, "versions", ${versions});`),
      );
    }
    return run(process.execPath, args);
  }

  beforeEach(async () => {
    const dependencies = '{"optionalDependencies":{"node-here-x64":"1.0.0","node-there-x64":"1.0.0"}}';
    await folder.file("package.json", dependencies);
  });

  /** As npm leaves it: of the optional packages only the one for this platform. */
  async function installNode(): Promise<void> {
    await mkdir(join(folder.path, "node_modules/node-there-x64/bin"), { recursive: true });
    await folder.file("node_modules/node-there-x64/package.json", '{"bin":{"node":"bin/node"}}');
    await folder.file("node_modules/node-there-x64/bin/node", "");
  }

  test("links the Node that is there for this platform, where npm has not", async () => {
    await installNode();

    expect(await linkNode("20.0.0")).toEqual({ code: 0, output: "" });
    expect(await readlink(join(folder.path, "node_modules/.bin/node"))).toBe("../node-there-x64/bin/node");
  });

  test("leaves the link that npm made", async () => {
    await installNode();
    await mkdir(join(folder.path, "node_modules/.bin"));
    await folder.file("node_modules/.bin/other", "");
    await symlink("other", join(folder.path, "node_modules/.bin/node"));

    expect(await linkNode()).toEqual({ code: 0, output: "" });
    expect(await readlink(join(folder.path, "node_modules/.bin/node"))).toBe("other");
  });

  test("is content with a machine's own Node that is new enough", async () => {
    expect(await linkNode("24.2.0")).toEqual({ code: 0, output: "" });
  });

  test("says what to do where neither is there", async () => {
    const { code, output } = await linkNode("24.1.9");
    expect(code).toBe(1);
    expect(output).toContain("The scripts need Node 24.2 or newer, found Node 24.1.9");
    expect(output).toContain("run npm ci again with a newer Node");
  });
});

function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = execFile(
      command,
      args,
      { cwd: folder.path, env: { ...process.env, ...environment } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });
}
