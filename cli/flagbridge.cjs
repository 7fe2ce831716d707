#!/usr/bin/env node
"use strict";

const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");
const heapFlags = require("./heap-flags.json");

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
    withHeapFlags(process.argv.slice(2));
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

/**
 * Bounds the memory of a command: by itself V8 lets garbage pile up to twice of what a backfill of any size needs (bench/README.md).
 * Starts Node anew in this very process, since only a start takes these flags: the process keeps its id, its terminal and its signals.
 * Where the system has no such call, the command runs without them.
 */
function withHeapFlags(args) {
  const flags = Object.hasOwn(heapFlags, args[0]) ? heapFlags[args[0]] : [];
  const isDone = flags.every((flag) => process.execArgv.includes(flag));
  if (isDone || typeof process.execve !== "function") return;
  process.execve(
    process.execPath,
    [process.execPath, ...process.execArgv, ...flags, __filename, ...args],
    process.env,
  );
}

main();
