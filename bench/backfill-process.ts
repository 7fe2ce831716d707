import { hash } from "node:crypto";
import { openOperatorClients } from "../lib/aws/operator-clients.ts";
import { createQueues } from "../lib/aws/sqs.ts";
import { connectionsFile } from "../lib/connections/schema.ts";
import { backfill } from "../operator/backfill/backfill.ts";
import { openInput } from "../operator/backfill/input.ts";
import { refusedFile } from "../operator/backfill/refused-file.ts";
import { HASH_KEYS } from "../operator/backfill/seen-texts.ts";
import { settingsOf } from "../operator/backfill/settings.ts";

/** What a process of one backfill says: how far it is, and at the end what it took. */
export type FromBackfill =
  | { readonly kind: "progress"; readonly confirmedBefore: number }
  | {
      readonly kind: "done";
      readonly sent: number;
      readonly duplicates: number;
      readonly seconds: number;
      readonly cpuSeconds: number;
      readonly peakMb: number;
    };

const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "bench", secret: "launchdarkly" } },
  connections: { own: { source: "flagbridge", secret: "own", audiences: { to: ["production"] } } },
});

/**
 * `node bench/backfill-process.ts FILE AT FROM_LINE [SQS]`: a backfill in a process of its own, into an SQS at this URL, or without one
 * into nothing: everything but sending.
 */
async function main([file = "", at = "", fromLine = "1", sqs]: readonly string[]): Promise<void> {
  const tell = (message: FromBackfill): void => void process.send?.(message);
  const settings = settingsOf(
    { connection: "own", segment: "bench", at },
    { connections, nowMs: Date.now() },
  );
  const input = await openInput(file, () => process.stdin);
  const startedMs = performance.now();
  const { result } = await backfill(
    { input, settings, options: { fromLine: Number(fromLine), dryRun: false } },
    {
      send: sqs === undefined ? async ({ bodies }) => bodies.map(() => ({ kind: "confirmed" })) : sendTo(sqs),
      now: Date.now,
      sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
      random: Math.random,
      isStopped: () => false,
      refusedFile: refusedFile(`${file}.refused.csv`, { goesOn: "no" }),
      hashKeys: crypto.getRandomValues(new Int32Array(HASH_KEYS)),
      digest: (text) => hash("sha256", text),
      onProgress: ({ confirmedBefore }) => tell({ kind: "progress", confirmedBefore }),
    },
  );
  const { user, system } = process.cpuUsage();
  tell({
    kind: "done",
    sent: result.sent,
    duplicates: result.duplicates,
    seconds: (performance.now() - startedMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1_024,
  });
  await input.close();
  process.disconnect?.();
}

function sendTo(url: string) {
  const endpoints = { sqs: url, dynamodb: url, secretsManager: url, lambda: url };
  const { sqs } = openOperatorClients({ kind: "local", region: "us-east-1", endpoints });
  const { sendToQueue } = createQueues(sqs);
  return ({ connection, bodies }: { readonly connection: string; readonly bodies: readonly string[] }) =>
    sendToQueue(
      `${url}/000000000000/operations`,
      bodies.map((body) => ({ body, groupId: connection })),
    );
}

await main(process.argv.slice(2));
