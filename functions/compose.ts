import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type * as z from "zod/mini";
import { createDynamoCalls, type DynamoSettings } from "../lib/aws/dynamodb.ts";
import { createReadingClient, createTableReadingCalls } from "../lib/aws/dynamodb-reading.ts";
import { createQueueCounts } from "../lib/aws/queue-counts.ts";
import { createQueueMessages } from "../lib/aws/queue-messages.ts";
import { createSecretReader, createSecretsClient } from "../lib/aws/secret.ts";
import type { SecretCheck } from "../lib/aws/secret-answer.ts";
import { createQueues, createSqsClient } from "../lib/aws/sqs.ts";
import { readBundledConnections } from "../lib/connections/bundled.ts";
import { secretCheckOf } from "../lib/connections/destination-secrets.ts";
import { queueNameOf, type SendParcel } from "../lib/connections/queues.ts";
import type { SecretPorts } from "../lib/http/credential.ts";
import { EVENTS } from "../lib/observability/fields.ts";
import { logTo } from "../lib/observability/log.ts";
import { metricsTo } from "../lib/observability/metrics.ts";
import packageJson from "../package.json" with { type: "json" };
import type { CommonEnvironment } from "./environment.ts";

/**
 * The one place that opens clients of AWS, the log, the metrics and the clock. Each has a function of its own here, so
 * that a bundle contains only the clients that its function opens.
 */

export const clock = {
  /** Unix ms. */
  now: Date.now,
  /** Uniform in [0, 1). */
  random: Math.random,
  sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
};

/** SHA-256, in hex. */
export const digest = (text: string): string => hash("sha256", text);

export const { version } = packageJson;
export const userAgent = `Flagbridge/${version}`;

export type OpenFunction = ReturnType<typeof openFunction>;

/** The connections of the bundle, and where the function writes its lines: `logger` and `metrics` are for its chain. */
export function openFunction({ connectionsFile }: CommonEnvironment) {
  const connections = readBundledConnections(connectionsFile);
  const logger = new Logger();
  // An invocation without a metric is no news, and Powertools would warn of each.
  const metrics = new Metrics({ logger: { ...console, warn: () => undefined } });
  const log = logTo(logger);
  // Lambda's own arguments win over NODE_OPTIONS: serverless.yml says which are expected.
  logger.debug(EVENTS.functionOpened, { execArgv: process.execArgv });
  return {
    connections,
    logger,
    metrics,
    log,
    recordMetrics: metricsTo(metrics, Object.keys(connections.connections)),
  };
}

/** Reads secrets of the shape that `check` asks for. */
export function openSecretReader<Value>({ secretPrefix }: CommonEnvironment, check: SecretCheck<Value>) {
  return createSecretReader({ client: createSecretsClient(), prefix: secretPrefix, check, now: clock.now });
}

/** The secrets of destinations. The log says which of them cannot be used, and why, without its value. */
export function openSecrets<Schema extends z.core.$ZodType>(
  environment: CommonEnvironment,
  { log }: Pick<OpenFunction, "log">,
  schema: Schema,
): SecretPorts<z.output<Schema>> {
  return {
    readSecrets: openSecretReader(environment, secretCheckOf(schema)),
    onProblem: (problem) => log.error(EVENTS.secretUnusable, { problem }),
  };
}

/**
 * Reads a file of the build that is packaged beside the bundle, when it is first asked for: what few requests need costs no start,
 * and inside of the bundle every start would load it.
 */
export function openFileBeside(bundleFolder: string, name: string): () => string {
  let text: string | undefined;
  return () => {
    text ??= readFileSync(join(bundleFolder, name), "utf8");
    return text;
  };
}

export function openTable(settings: DynamoSettings) {
  return createDynamoCalls(settings);
}

/** The calls that list a whole table: of the functions only the eraser does. */
export function openWholeTable(table: string) {
  return createTableReadingCalls({ client: createReadingClient(), table });
}

/** What looks into queues and takes messages out of them, beside Lambda: of the functions only the eraser does. */
export function openQueueWalk() {
  // A long poll takes a second, and a walk has a client of its own for its many calls.
  const client = createSqsClient(10_000);
  const { setVisibility } = createQueues(client);
  return {
    walkCalls: { ...createQueueMessages(client), setVisibility, now: clock.now },
    countQueue: createQueueCounts(client),
  };
}

let openedQueues: ReturnType<typeof createQueues> | undefined;

/** The one client of SQS that a process has: its connections stay open for whatever is sent next. */
export function openQueues() {
  openedQueues ??= createQueues(createSqsClient());
  return openedQueues;
}

/** Sends parcels to the queues of their destinations. */
export function openSender({ queueUrlPrefix }: CommonEnvironment): SendParcel {
  const queues = openQueues();
  return ({ queue, connection, bodies }) =>
    queues.sendToQueue(
      `${queueUrlPrefix}${queueNameOf(queue)}`,
      bodies.map((body) => ({ body, groupId: connection })),
    );
}
