import { join } from "node:path";
import * as z from "zod";
import { readVariables } from "../../lib/environment.ts";

const variables = z.object({
  METRIC_QUEUE_URL: z.url("expected the URL of the metric-events queue"),
  METRIC_DEAD_LETTER_QUEUE_URL: z.url("expected the URL of its dead-letter queue"),
  SECRET_PREFIX: z.string(
    "expected what stands before the name of every secret, for example flagbridge/dev/",
  ),
  CONNECTIONS_FILE: z.string().min(1, "expected a path, or not to be set").optional(),
  REQUEST_TIMEOUT_MS: z.coerce
    .number("expected milliseconds")
    .int("expected whole milliseconds")
    .positive("expected milliseconds"),
});

export type ForwarderEnvironment = {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly secretPrefix: string;
  readonly connectionsFile: string;
  readonly requestTimeoutMs: number;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): ForwarderEnvironment {
  const read = readVariables(variables, environment);
  return {
    queueUrl: read.METRIC_QUEUE_URL,
    deadLetterQueueUrl: read.METRIC_DEAD_LETTER_QUEUE_URL,
    secretPrefix: read.SECRET_PREFIX,
    connectionsFile: read.CONNECTIONS_FILE ?? join(bundleFolder, "connections.json"),
    requestTimeoutMs: read.REQUEST_TIMEOUT_MS,
  };
}
