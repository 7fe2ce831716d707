import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildFunctions } from "../../cli/build.ts";
import { listenOnLoopback } from "../../dev/listen.ts";
import { startQueues } from "../../dev/queues.ts";
import { startSecretsManager } from "../../dev/secrets-manager.ts";
import { startTables } from "../../dev/tables.ts";
import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { type Figure, GateError, type Scenario } from "../scenario.ts";

/** What Lambda hands over at most, records with all their attributes. */
const EVENT_BYTES = 6 * 1_024 * 1_024;
const MAX_RECORDS = 10_000;
const LIMIT_MB = 256;

export const batcherMemory: Scenario = {
  name: "batcher-memory",
  about: "peak memory of the built batcher, Node included, on the largest invocation that Lambda makes",
  run: async () => [
    ...(await measure("one operation a record", 1)),
    ...(await measure("450 operations a record", 450)),
  ],
};

async function measure(label: string, perRecord: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "flagbridge-bench-"));
  const sink = createServer((request, response) =>
    request.resume().on("end", () => response.writeHead(204).end()),
  );
  const definitions = [
    {
      name: "audience-operations",
      deadLetters: "audience-operations-dead-letters",
      visibilityTimeoutSeconds: 60,
    },
  ];
  const [port, queues, tables, secrets] = await Promise.all([
    listenOnLoopback(sink, 0),
    startQueues({ definitions }),
    startTables({ ledgerTable: "ledger" }),
    startSecretsManager({ secrets: () => ({ launchdarkly: { accessToken: "token" } }), prefix: "" }),
  ]);
  try {
    await buildFunctions({ outDir: folder });
    const base = `http://127.0.0.1:${port}`;
    writeFileSync(
      join(folder, "connections.json"),
      JSON.stringify({
        launchdarkly: {
          production: {
            clientSideId: "environment",
            instance: { api: base, events: base },
            secret: "launchdarkly",
          },
        },
        connections: { cdp: { source: "flagbridge", secret: "cdp", audiences: { to: ["production"] } } },
      }),
    );
    const { records, operations } = largestEvent(perRecord);
    const eventFile = join(folder, "event.json");
    writeFileSync(eventFile, JSON.stringify({ Records: records }));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, "../invoke-once.cjs"), join(folder, "audience-batcher.cjs"), eventFile],
      {
        env: {
          // As functions/audience-batcher/function.yml sets it.
          NODE_OPTIONS: "--enable-source-maps --max-semi-space-size=8",
          AWS_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: "local",
          AWS_SECRET_ACCESS_KEY: "local",
          AWS_ENDPOINT_URL_SQS: queues.endpoint,
          AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
          POWERTOOLS_SERVICE_NAME: "audience-batcher",
          POWERTOOLS_METRICS_NAMESPACE: "Flagbridge",
          POWERTOOLS_LOG_LEVEL: "SILENT",
          SECRET_PREFIX: "",
          AUDIENCE_QUEUE_URL: queues.url("audience-operations"),
          AUDIENCE_DEAD_LETTER_QUEUE_URL: queues.url("audience-operations-dead-letters"),
          LEDGER_TABLE: "ledger",
          HOLD_MS: "60000",
          REQUEST_TIMEOUT_MS: "10000",
          LANDING_MS: "45000",
        },
      },
    );
    const last = stdout.trim().split("\n").at(-1) ?? "";
    const { failures, peakMb } = JSON.parse(last) as { failures: number; peakMb: number };
    if (failures > 0) throw new GateError(`${failures} of ${records.length} records failed`);
    return [
      { label: `${label}: records`, value: records.length, unit: "records" },
      { label: `${label}: operations`, value: operations, unit: "operations" },
      { label: `${label}: peak memory`, value: peakMb, unit: "MB", atMost: LIMIT_MB },
    ];
  } finally {
    sink.closeAllConnections();
    sink.close();
    await Promise.all([queues.stop(), tables.stop(), secrets.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Records of members that all differ: nothing collapses, and the ledger knows nobody. */
function largestEvent(perRecord: number) {
  const acceptedAt = Date.now();
  const records: object[] = [];
  let bytes = '{"Records":[]}'.length;
  for (let number = 0; number < MAX_RECORDS; number += 1) {
    const record = recordOf(number, perRecord, acceptedAt);
    bytes += JSON.stringify(record).length + 1;
    if (bytes > EVENT_BYTES) break;
    records.push(record);
  }
  return { records, operations: records.length * perRecord };
}

function recordOf(number: number, perRecord: number, acceptedAt: number) {
  const message: AudienceOperationsMessage = {
    v: 1,
    kind: "audience.operations",
    connection: "cdp",
    acceptedAt,
    segments: [{ id: "beta", name: "Beta", kind: "user" }],
    operations: Array.from({ length: perRecord }, (_, index) => ({
      segment: 0,
      key: `member-${number}-${index}`,
      action: "add",
      at: acceptedAt,
      index,
      id: `node-next-${acceptedAt}-e41ef078-dd8f-40a2-af30-${String(number * perRecord + index).padStart(12, "0")}`,
    })),
  };
  return {
    messageId: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    receiptHandle: "x".repeat(180),
    body: JSON.stringify(message),
    attributes: {
      ApproximateReceiveCount: "1",
      ApproximateFirstReceiveTimestamp: String(acceptedAt),
      SentTimestamp: String(acceptedAt),
      SenderId: "AROAEXAMPLE:ingest",
    },
    messageAttributes: {},
    md5OfBody: "0".repeat(32),
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:audience-operations",
    awsRegion: "us-east-1",
  };
}
