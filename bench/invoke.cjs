"use strict";
// A process that does what Lambda's runtime does once: loads a bundle, hands it one event, and says what that took.
const { readFileSync } = require("node:fs");

const [, , bundle, eventFile] = process.argv;
const PATIENCE_MS = 600_000;

async function main() {
  const { handler } = require(bundle);
  const event = JSON.parse(readFileSync(eventFile, "utf8"));
  const endsMs = Date.now() + PATIENCE_MS;
  const answer = await handler(event, { getRemainingTimeInMillis: () => endsMs - Date.now() });
  // maxRSS is in kilobytes.
  const peakMb = process.resourceUsage().maxRSS / 1_024;
  console.log(JSON.stringify({ failures: failuresOf(answer), peakMb }));
}

/** Of a queue function the records that failed, of ingest a request that was refused. */
function failuresOf({ batchItemFailures, statusCode }) {
  return batchItemFailures?.length ?? (statusCode === 200 ? 0 : 1);
}

main();
