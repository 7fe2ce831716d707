import { hash } from "node:crypto";
import type { Context } from "aws-lambda";
import { createDynamoCalls } from "../../lib/aws/dynamodb.ts";
import { createSecretReader, createSecretsClient } from "../../lib/aws/secret.ts";
import { createQueues, createSqsClient } from "../../lib/aws/sqs.ts";
import { readBundledConnections } from "../../lib/connections/bundled.ts";
import { launchdarklySecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import { createLog } from "../../lib/observability/log.ts";
import { createMetrics } from "../../lib/observability/metrics.ts";
import packageJson from "../../package.json" with { type: "json" };
import { dynamoCursors } from "./cursors/dynamodb.ts";
import { readEnvironment } from "./env.ts";
import { sweeper } from "./run.ts";

const environment = readEnvironment(process.env, __dirname);
const connections = readBundledConnections(environment.connectionsFile);
const queues = createQueues(createSqsClient());
const sweep = sweeper({
  environment,
  connections,
  readSecrets: createSecretReader({
    client: createSecretsClient(),
    prefix: environment.secretPrefix,
    check: secretCheckOf(launchdarklySecret),
    now: Date.now,
  }),
  cursors: dynamoCursors(createDynamoCalls({ table: environment.cursorsTable, timeoutMs: 2_000 }), Date.now),
  send: (bodies) =>
    queues.sendToQueue(
      environment.queueUrl,
      bodies.map((body) => ({ body })),
    ),
  digest: (text) => hash("sha256", text),
  now: Date.now,
  version: packageJson.version,
  log: createLog(),
  recordMetrics: createMetrics(Object.keys(connections.connections)),
});

/** The schedule's event, or that of a backfill: see README.md. */
export const handler = (event: unknown, context: Context) =>
  sweep(event, () => context.getRemainingTimeInMillis());
