import * as z from "zod";
import {
  type CommonEnvironment,
  commonEnvironment,
  commonVariables,
  milliseconds,
  readVariables,
} from "../../lib/environment.ts";

const variables = z.object({
  FLAG_CHANGE_QUEUE_URL: z.url("expected the URL of the flag-changes queue"),
  FLAG_CHANGE_DEAD_LETTER_QUEUE_URL: z.url("expected the URL of its dead-letter queue"),
  ...commonVariables,
  REQUEST_TIMEOUT_MS: milliseconds,
});

export type ForwarderEnvironment = CommonEnvironment & {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly requestTimeoutMs: number;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): ForwarderEnvironment {
  const read = readVariables(variables, environment);
  return {
    queueUrl: read.FLAG_CHANGE_QUEUE_URL,
    deadLetterQueueUrl: read.FLAG_CHANGE_DEAD_LETTER_QUEUE_URL,
    ...commonEnvironment(read, bundleFolder),
    requestTimeoutMs: read.REQUEST_TIMEOUT_MS,
  };
}
