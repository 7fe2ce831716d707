"use strict";
// A process that loads one bundle, as Lambda's runtime does, and says what that took.
const [, , bundle] = process.argv;
const startedCpu = process.cpuUsage();
const startedMs = performance.now();
require(bundle);
const wallMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(startedCpu);
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1_000 }));
