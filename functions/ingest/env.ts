import * as z from "zod/mini";
import { type CommonEnvironment, commonEnvironment, commonVariables, readVariables } from "../environment.ts";

const variables = z.object({
  AUDIENCE_QUEUE_URL: z.url("expected the URL of the audience-operations queue"),
  METRIC_QUEUE_URL: z.url("expected the URL of the metric-events queue"),
  FLAG_CHANGE_QUEUE_URL: z.url("expected the URL of the flag-changes queue"),
  REPLAYS_TABLE: z
    .string("expected the name of the table of replays")
    .check(z.minLength(1, "expected the name of the table of replays")),
  ...commonVariables,
});

export type IngestEnvironment = CommonEnvironment & {
  readonly audienceQueueUrl: string;
  readonly metricQueueUrl: string;
  readonly flagChangeQueueUrl: string;
  readonly replaysTable: string;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): IngestEnvironment {
  const read = readVariables(variables, environment);
  return {
    audienceQueueUrl: read.AUDIENCE_QUEUE_URL,
    metricQueueUrl: read.METRIC_QUEUE_URL,
    flagChangeQueueUrl: read.FLAG_CHANGE_QUEUE_URL,
    replaysTable: read.REPLAYS_TABLE,
    ...commonEnvironment(read, bundleFolder),
  };
}
