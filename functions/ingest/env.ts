import { join } from "node:path";
import * as z from "zod";
import { readVariables } from "../../lib/environment.ts";

const variables = z.object({
  AUDIENCE_QUEUE_URL: z.url("expected the URL of the audience-operations queue"),
  METRIC_QUEUE_URL: z.url("expected the URL of the metric-events queue"),
  SECRET_PREFIX: z.string(
    "expected what stands before the name of every secret, for example flagbridge/dev/",
  ),
  CONNECTIONS_FILE: z.string().min(1, "expected a path, or not to be set").optional(),
});

export type IngestEnvironment = {
  readonly audienceQueueUrl: string;
  readonly metricQueueUrl: string;
  readonly secretPrefix: string;
  readonly connectionsFile: string;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): IngestEnvironment {
  const { AUDIENCE_QUEUE_URL, METRIC_QUEUE_URL, SECRET_PREFIX, CONNECTIONS_FILE } = readVariables(
    variables,
    environment,
  );
  return {
    audienceQueueUrl: AUDIENCE_QUEUE_URL,
    metricQueueUrl: METRIC_QUEUE_URL,
    secretPrefix: SECRET_PREFIX,
    connectionsFile: CONNECTIONS_FILE ?? join(bundleFolder, "connections.json"),
  };
}
