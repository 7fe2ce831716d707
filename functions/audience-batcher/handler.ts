import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { dynamoLedger } from "../../lib/audience/ledger/dynamodb.ts";
import { createDynamoCalls } from "../../lib/aws/dynamodb.ts";
import { createSecretReader, createSecretsClient } from "../../lib/aws/secret.ts";
import { createQueues, createSqsClient } from "../../lib/aws/sqs.ts";
import { readBundledConnections } from "../../lib/connections/bundled.ts";
import { launchdarklySecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import { createLog } from "../../lib/observability/log.ts";
import { createMetrics } from "../../lib/observability/metrics.ts";
import packageJson from "../../package.json" with { type: "json" };
import { consume } from "./consume.ts";
import { readEnvironment } from "./env.ts";

const environment = readEnvironment(process.env, __dirname);
const connections = readBundledConnections(environment.connectionsFile);
const clock = {
  now: Date.now,
  random: Math.random,
  sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
};
const consumeRecords = consume({
  environment,
  connections,
  readSecrets: createSecretReader({
    client: createSecretsClient(),
    prefix: environment.secretPrefix,
    check: secretCheckOf(launchdarklySecret),
    now: clock.now,
  }),
  queues: createQueues(createSqsClient()),
  ledger: dynamoLedger({
    // A third of the time that the entries of one request have: a call that fails can be repeated.
    calls: createDynamoCalls({
      table: environment.ledgerTable,
      timeoutMs: Math.floor(environment.rules.writeTimeoutMs / 3),
    }),
    ports: clock,
    writeTimeoutMs: environment.rules.writeTimeoutMs,
  }),
  clock,
  userAgent: `Flagbridge/${packageJson.version}`,
  log: createLog(),
  recordMetrics: createMetrics(Object.keys(connections.connections)),
});

/** Records of the audience-operations queue: see README.md. */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  consumeRecords(event.Records, () => context.getRemainingTimeInMillis());
