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
import { bundledConnections } from "../lib/connections/bundled.ts";
import {
  DEAD_LETTERS,
  type DestinationQueue,
  destinationQueues,
  queueNameOf,
} from "../lib/connections/queues.ts";
import { deployed } from "./deployed.ts";
import { bytesOf, EVENT_BYTES, MAX_RECORDS } from "./lambda-event.ts";
import { GateError } from "./scenario.ts";
import { connectionsTo, recordIn, TOKEN } from "./work/functions.ts";

/** The records of as many messages as one invocation holds, numbered from `first` on. */
export function largestEvent(
  queue: DestinationQueue,
  message: (number: number) => object,
  first: number,
): readonly object[] {
  const records: object[] = [];
  let bytes = '{"Records":[]}'.length;
  for (let number = first; number < first + MAX_RECORDS; number += 1) {
    const record = recordIn(queue)(JSON.stringify(message(number)), number);
    bytes += bytesOf(record) + 1;
    if (bytes > EVENT_BYTES) break;
    records.push(record);
  }
  return records;
}

/**
 * Hands events one after another to a built function in a process of its own, with everything it talks to outside of it.
 * @throws {GateError} when more records of one come again than may, or a request was refused.
 */
export async function invokeBuilt(
  name: string,
  events: readonly object[],
  mayComeAgain: number,
): Promise<{ readonly peakMb: number }> {
  const folder = mkdtempSync(join(tmpdir(), "flagbridge-bench-"));
  const sink = createServer((request, response) =>
    request.resume().on("end", () => response.writeHead(204).end()),
  );
  const definitions = destinationQueues(connectionsTo("http://127.0.0.1"))
    .map(queueNameOf)
    .map((queue) => ({
      name: queue,
      deadLetters: `${queue}${DEAD_LETTERS}`,
      visibilityTimeoutSeconds: 60,
    }));
  const [port, queues, tables, secrets] = await Promise.all([
    listenOnLoopback(sink, 0),
    startQueues({ definitions }),
    startTables({ tables: ["ledger", "replays"] }),
    startSecretsManager({
      secrets: () => ({
        launchdarkly: { accessToken: "token" },
        own: { tokens: [TOKEN] },
        posthog: { projectApiKey: "phc_bench" },
      }),
      prefix: "",
    }),
  ]);
  try {
    await buildFunctions({ outDir: folder });
    writeFileSync(
      join(folder, "connections.json"),
      bundledConnections(connectionsTo(`http://127.0.0.1:${port}`)),
    );
    const eventFiles = events.map((event, number) => {
      const file = join(folder, `event-${number}.json`);
      writeFileSync(file, JSON.stringify(event));
      return file;
    });
    const env = {
      ...variablesOf(name, queues.endpoint),
      AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    };
    const files = [join(import.meta.dirname, "invoke.cjs"), join(folder, `${name}.cjs`), ...eventFiles];
    const { stdout } = await promisify(execFile)(process.execPath, files, { env });
    const last = stdout.trim().split("\n").at(-1) ?? "";
    // Written by invoke.cjs beside this file.
    const { failures, peakMb } = JSON.parse(last) as { failures: number; peakMb: number };
    if (failures > mayComeAgain)
      throw new GateError(`${name}: ${failures} records of one event came again, or its request was refused`);
    return { peakMb };
  } finally {
    sink.closeAllConnections();
    sink.close();
    await Promise.all([queues.stop(), tables.stop(), secrets.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The variables of a function, as serverless.yml and its function.yml set them, with all of AWS at `endpoint`. */
export function variablesOf(name: string, endpoint: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: deployed().nodeOptions,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL: endpoint,
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_METRICS_NAMESPACE: "Flagbridge",
    POWERTOOLS_LOG_LEVEL: "SILENT",
    SECRET_PREFIX: "",
    QUEUE_URL_PREFIX: `${endpoint}/000000000000/`,
    LEDGER_TABLE: "ledger",
    CURSORS_TABLE: "cursors",
    REPLAYS_TABLE: "replays",
    HOLD_MS: "60000",
    REQUEST_TIMEOUT_MS: "10000",
    LANDING_MS: "45000",
  };
}
