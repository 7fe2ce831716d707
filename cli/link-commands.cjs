"use strict";

const { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } = require("node:fs");
const { join } = require("node:path");

/** From here on Node has all that the scripts use; `import.meta.main` came last. https://nodejs.org/api/esm.html */
const OLDEST = [24, 2];

/**
 * `npm ci` runs this when it is done, with whatever Node the machine has: the scripts' `node` becomes the one that
 * package-lock.json pins for this platform. npm 11 has linked it by then. npm 10, which Node 20 and 22 bring, removes
 * the link with the packages of the other platforms, for all of them have a `node`.
 */
function main() {
  const link = join(process.cwd(), "node_modules/.bin/node");
  const pinned = pinnedNode();
  if (pinned !== undefined && process.platform !== "win32" && !existsSync(link)) {
    mkdirSync(join(link, ".."), { recursive: true });
    // A link whose target is gone counts as missing, and is in the way.
    rmSync(link, { force: true });
    symlinkSync(join("..", pinned), link);
  }
  linkFlagbridge();
  if (existsSync(link) || isRecentEnough(process.versions.node)) return;
  console.error(
    `The scripts need Node ${OLDEST.join(".")} or newer, found Node ${process.versions.node}, and package-lock.json pins none that ` +
      `was installed for ${process.platform} on ${process.arch}: run npm ci again with a newer Node.`,
  );
  process.exitCode = 1;
}

/**
 * Makes `npx flagbridge` run the command line of this clone. A `bin` of package.json would do so too, but npm would then install the
 * clone into its cache of packages first, which takes seconds and may want the network.
 */
function linkFlagbridge() {
  if (process.platform === "win32") return;
  const link = join(process.cwd(), "node_modules/.bin/flagbridge");
  mkdirSync(join(link, ".."), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync("../../cli/flagbridge.cjs", link);
}

/** The binary, seen from node_modules. npm installs of the optional dependencies only what is made for this platform. */
function pinnedNode() {
  const { optionalDependencies = {} } = readJson("package.json");
  const names = Object.keys(optionalDependencies).filter((name) => name.startsWith("node-"));
  const name = names.find((one) => existsSync(join("node_modules", one, "package.json")));
  return name && join(name, readJson(join("node_modules", name, "package.json")).bin.node);
}

function isRecentEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

main();
