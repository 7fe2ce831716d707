import { hash } from "node:crypto";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { createDynamoCalls, type DynamoSettings } from "../lib/aws/dynamodb.ts";
import { createSecretReader, createSecretsClient } from "../lib/aws/secret.ts";
import type { SecretCheck } from "../lib/aws/secret-answer.ts";
import { createQueues, createSqsClient } from "../lib/aws/sqs.ts";
import { readBundledConnections } from "../lib/connections/bundled.ts";
import { type Parcel, queueNameOf } from "../lib/connections/queues.ts";
import { EVENTS } from "../lib/observability/fields.ts";
import { faultFields, logTo } from "../lib/observability/log.ts";
import { metricsTo } from "../lib/observability/metrics.ts";
import packageJson from "../package.json" with { type: "json" };
import type { CommonEnvironment } from "./environment.ts";

/**
 * What functions are made of: the one place that opens clients of AWS, the log, the metrics and the clock. Each is a
 * function of its own, so that a bundle holds the clients that its function opens, and no other.
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
    /** Says which secret cannot be used, and why, without its value. */
    noteSecretProblem: (problem: string): void => log.error(EVENTS.secretUnusable, { problem }),
    /** Says where an error that nobody expected came from, without its message: see {@link faultFields}. */
    noteFault: (step: string, error: unknown): void =>
      log.warn(EVENTS.protocolStepFailed, { step, ...faultFields(error) }),
    recordMetrics: metricsTo(metrics, Object.keys(connections.connections)),
  };
}

export function openQueues() {
  return createQueues(createSqsClient());
}

/** `check`: the shape that the function's secrets have. */
export function openSecrets<Value>({ secretPrefix }: CommonEnvironment, check: SecretCheck<Value>) {
  return createSecretReader({ client: createSecretsClient(), prefix: secretPrefix, check, now: clock.now });
}

export function openTable(settings: DynamoSettings) {
  return createDynamoCalls(settings);
}

/** Sends parcels to the queues of their destinations. */
export function senderTo(queues: ReturnType<typeof openQueues>, { queueUrlPrefix }: CommonEnvironment) {
  return ({ queue, connection, bodies }: Parcel) =>
    queues.sendToQueue(
      `${queueUrlPrefix}${queueNameOf(queue)}`,
      bodies.map((body) => ({ body, groupId: connection })),
    );
}
