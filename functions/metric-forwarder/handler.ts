import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
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
const consumeRecords = consume({
  environment,
  connections,
  readSecrets: createSecretReader({
    client: createSecretsClient(),
    prefix: environment.secretPrefix,
    check: secretCheckOf(launchdarklySecret),
    now: Date.now,
  }),
  queues: createQueues(createSqsClient()),
  now: Date.now,
  random: Math.random,
  version: packageJson.version,
  log: createLog(),
  recordMetrics: createMetrics(Object.keys(connections.connections)),
});

/** Records of the metric-events queue: see README.md. */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  consumeRecords(event.Records, () => context.getRemainingTimeInMillis());
