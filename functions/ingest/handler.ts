import { hash } from "node:crypto";
import { createDynamoCalls } from "../../lib/aws/dynamodb.ts";
import { createSecretReader, createSecretsClient } from "../../lib/aws/secret.ts";
import { createQueues, createSqsClient } from "../../lib/aws/sqs.ts";
import { readBundledConnections } from "../../lib/connections/bundled.ts";
import { connectionSecretCheck } from "../../lib/connections/check-secrets.ts";
import { createLog } from "../../lib/observability/log.ts";
import { createMetrics } from "../../lib/observability/metrics.ts";
import { dynamoReplays } from "../../lib/replays/dynamodb.ts";
import packageJson from "../../package.json" with { type: "json" };
import { readEnvironment } from "./env.ts";
import { serve } from "./serve.ts";

const environment = readEnvironment(process.env, __dirname);
const queues = createQueues(createSqsClient());
const connections = readBundledConnections(environment.connectionsFile);

const sendTo = (queueUrl: string) => (bodies: readonly string[]) =>
  queues.sendToQueue(
    queueUrl,
    bodies.map((body) => ({ body })),
  );

/** Every request of the HTTP API: see README.md. */
export const handler = serve(
  {
    connections,
    readSecrets: createSecretReader({
      client: createSecretsClient(),
      prefix: environment.secretPrefix,
      check: connectionSecretCheck(connections),
      now: Date.now,
    }),
    send: sendTo(environment.audienceQueueUrl),
    sendMetrics: sendTo(environment.metricQueueUrl),
    sendChanges: sendTo(environment.flagChangeQueueUrl),
    replays: dynamoReplays({
      // Two attempts before and two after the queue, and the sender still gets an answer.
      calls: createDynamoCalls({ table: environment.replaysTable, timeoutMs: 1_000 }),
      random: Math.random,
    }),
    now: Date.now,
    digest: (text) => hash("sha256", text),
    version: packageJson.version,
  },
  { log: createLog(), recordMetrics: createMetrics(Object.keys(connections.connections)) },
);
