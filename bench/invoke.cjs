"use strict";
// A process that does what Lambda's runtime does: loads a bundle, hands it events one after another, and says what that took.
const { existsSync, readFileSync } = require("node:fs");

const [, , bundle, ...eventFiles] = process.argv;
const PATIENCE_MS = 600_000;

async function main() {
  const { handler } = require(bundle);
  const endsMs = Date.now() + PATIENCE_MS;
  let failures = 0;
  for (const eventFile of eventFiles) {
    const event = JSON.parse(readFileSync(eventFile, "utf8"));
    const answer = await handler(event, { getRemainingTimeInMillis: () => endsMs - Date.now() });
    failures = Math.max(failures, failuresOf(answer));
  }
  console.log(JSON.stringify({ failures, peakMb: peakKb() / 1_024 }));
}

/** On Linux by the kernel's own mark: `maxRSS` there starts at what the parent had when it made this process. */
function peakKb() {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
}

/** Of a queue function the records that come again, of ingest a request that was refused. */
function failuresOf({ batchItemFailures, statusCode }) {
  return batchItemFailures?.length ?? (statusCode === 200 ? 0 : 1);
}

main();
