import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildFunctions } from "../cli/build.ts";
import { listenOnLoopback } from "../dev/listen.ts";
import { startQueues } from "../dev/queues.ts";
import { startSecretsManager } from "../dev/secrets-manager.ts";
import { startTables } from "../dev/tables.ts";
import { GateError } from "./scenario.ts";

/** What Lambda hands over at most, records with all their attributes. */
const EVENT_BYTES = 6 * 1_024 * 1_024;
const MAX_RECORDS = 10_000;

/** The records of as many messages as one invocation holds. */
export function largestEvent(message: (number: number) => object): readonly object[] {
  const records: object[] = [];
  let bytes = '{"Records":[]}'.length;
  for (let number = 0; number < MAX_RECORDS; number += 1) {
    const record = recordOf(number, JSON.stringify(message(number)));
    bytes += JSON.stringify(record).length + 1;
    if (bytes > EVENT_BYTES) break;
    records.push(record);
  }
  return records;
}

/**
 * Hands the records to a built function in a process of its own, with everything it talks to outside of it.
 * @throws {GateError} when a record failed.
 */
export async function invokeBuilt(
  name: string,
  records: readonly object[],
): Promise<{ readonly peakMb: number }> {
  const folder = mkdtempSync(join(tmpdir(), "flagbridge-bench-"));
  const sink = createServer((request, response) =>
    request.resume().on("end", () => response.writeHead(204).end()),
  );
  const queue = (base: string) => ({
    name: base,
    deadLetters: `${base}-dead-letters`,
    visibilityTimeoutSeconds: 60,
  });
  const [port, queues, tables, secrets] = await Promise.all([
    listenOnLoopback(sink, 0),
    startQueues({ definitions: [queue("audience-operations"), queue("metric-events")] }),
    startTables({ tables: ["ledger"] }),
    startSecretsManager({ secrets: () => ({ launchdarkly: { accessToken: "token" } }), prefix: "" }),
  ]);
  try {
    await buildFunctions({ outDir: folder });
    writeFileSync(
      join(folder, "connections.json"),
      JSON.stringify(connectionsTo(`http://127.0.0.1:${port}`)),
    );
    const eventFile = join(folder, "event.json");
    writeFileSync(eventFile, JSON.stringify({ Records: records }));
    const env = {
      // As the function.yml of each sets it.
      NODE_OPTIONS: "--enable-source-maps --max-semi-space-size=8",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_SQS: queues.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: "Flagbridge",
      POWERTOOLS_LOG_LEVEL: "SILENT",
      SECRET_PREFIX: "",
      AUDIENCE_QUEUE_URL: queues.url("audience-operations"),
      AUDIENCE_DEAD_LETTER_QUEUE_URL: queues.url("audience-operations-dead-letters"),
      METRIC_QUEUE_URL: queues.url("metric-events"),
      FLAG_CHANGE_QUEUE_URL: queues.url("flag-changes"),
      METRIC_DEAD_LETTER_QUEUE_URL: queues.url("metric-events-dead-letters"),
      LEDGER_TABLE: "ledger",
      HOLD_MS: "60000",
      REQUEST_TIMEOUT_MS: "10000",
      LANDING_MS: "45000",
    };
    const files = [join(import.meta.dirname, "invoke-once.cjs"), join(folder, `${name}.cjs`), eventFile];
    const { stdout } = await promisify(execFile)(process.execPath, files, { env });
    const last = stdout.trim().split("\n").at(-1) ?? "";
    // Written by invoke-once.cjs beside this file.
    const { failures, peakMb } = JSON.parse(last) as { failures: number; peakMb: number };
    if (failures > 0) throw new GateError(`${failures} of ${records.length} records failed`);
    return { peakMb };
  } finally {
    sink.closeAllConnections();
    sink.close();
    await Promise.all([queues.stop(), tables.stop(), secrets.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function connectionsTo(base: string) {
  return {
    launchdarkly: {
      production: {
        clientSideId: "environment",
        instance: { api: base, events: base },
        secret: "launchdarkly",
      },
    },
    connections: {
      cdp: {
        source: "flagbridge",
        secret: "cdp",
        audiences: { to: ["production"] },
        metrics: { to: ["production"] },
      },
    },
  };
}

function recordOf(number: number, body: string): object {
  const sentAt = String(Date.now());
  return {
    messageId: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    receiptHandle: "x".repeat(180),
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      ApproximateFirstReceiveTimestamp: sentAt,
      SentTimestamp: sentAt,
      SenderId: "AROAEXAMPLE:ingest",
    },
    messageAttributes: {},
    md5OfBody: "0".repeat(32),
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:queue",
    awsRegion: "us-east-1",
  };
}
