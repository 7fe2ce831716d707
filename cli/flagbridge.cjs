#!/usr/bin/env node
"use strict";

const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

/** The same as in link-commands.cjs, which says why. */
const OLDEST = [24, 2];
const PINNED = join(__dirname, "../node_modules/.bin/node");

/**
 * `npx flagbridge`: npm puts the Node of package-lock.json first in the path. Whoever calls this file by itself may do so with an
 * older one, which cannot run TypeScript: then the pinned one takes over.
 */
function main() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
    enableCompileCache();
    return import("./flagbridge.ts");
  }
  if (!existsSync(PINNED)) {
    console.error(
      `flagbridge needs Node ${OLDEST.join(".")} or newer, found ${process.versions.node}: run npm ci first.`,
    );
    process.exitCode = 2;
    return undefined;
  }
  const child = spawn(PINNED, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both; the child decides when it is done.
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
  return undefined;
}

main();
