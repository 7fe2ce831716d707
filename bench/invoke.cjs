"use strict";
// A process that does what Lambda's runtime does: loads a bundle, hands it one event after another, and says what that took.
const { readFileSync } = require("node:fs");

const [, , bundle, eventFile] = process.argv;
const PATIENCE_MS = 600_000;
/** What a warm function keeps of earlier events counts as well. */
const INVOCATIONS = 8;

async function main() {
  const { handler } = require(bundle);
  const endsMs = Date.now() + PATIENCE_MS;
  let failures = 0;
  for (let invocation = 0; invocation < INVOCATIONS; invocation += 1) {
    const event = JSON.parse(readFileSync(eventFile, "utf8"));
    const answer = await handler(event, { getRemainingTimeInMillis: () => endsMs - Date.now() });
    failures = Math.max(failures, failuresOf(answer));
  }
  // maxRSS is in kilobytes.
  const peakMb = process.resourceUsage().maxRSS / 1_024;
  console.log(JSON.stringify({ failures, peakMb }));
}

/** Of a queue function the records that come again, of ingest a request that was refused. */
function failuresOf({ batchItemFailures, statusCode }) {
  return batchItemFailures?.length ?? (statusCode === 200 ? 0 : 1);
}

main();
