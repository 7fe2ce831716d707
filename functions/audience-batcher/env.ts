import * as z from "zod/mini";
import type { HoldRules } from "../../lib/audience/hold.ts";
import {
  type CommonEnvironment,
  commonEnvironment,
  commonVariables,
  milliseconds,
  readVariables,
} from "../../lib/environment.ts";

/** AWS keeps the clocks of its hosts within milliseconds of each other; a second is far beyond that. */
const SKEW_MS = 1_000;

const variables = z
  .object({
    AUDIENCE_QUEUE_URL: z.url("expected the URL of the audience-operations queue"),
    AUDIENCE_DEAD_LETTER_QUEUE_URL: z.url("expected the URL of its dead-letter queue"),
    LEDGER_TABLE: z
      .string("expected the name of the ledger table")
      .check(z.minLength(1, "expected the name of the ledger table")),
    ...commonVariables,
    HOLD_MS: milliseconds,
    REQUEST_TIMEOUT_MS: milliseconds,
    LANDING_MS: milliseconds,
  })
  .check(
    z.refine(
      ({ HOLD_MS, REQUEST_TIMEOUT_MS, LANDING_MS }) => REQUEST_TIMEOUT_MS + LANDING_MS + SKEW_MS < HOLD_MS,
      {
        path: ["HOLD_MS"],
        message:
          "expected more than REQUEST_TIMEOUT_MS, LANDING_MS and a second together: no request could ever start",
      },
    ),
  );

export type BatcherEnvironment = CommonEnvironment & {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly ledgerTable: string;
  readonly rules: HoldRules;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): BatcherEnvironment {
  const read = readVariables(variables, environment);
  return {
    queueUrl: read.AUDIENCE_QUEUE_URL,
    deadLetterQueueUrl: read.AUDIENCE_DEAD_LETTER_QUEUE_URL,
    ledgerTable: read.LEDGER_TABLE,
    ...commonEnvironment(read, bundleFolder),
    rules: {
      holdMs: read.HOLD_MS,
      requestTimeoutMs: read.REQUEST_TIMEOUT_MS,
      landingMs: read.LANDING_MS,
      // Writing the entries of one request never needs longer than the request may.
      writeTimeoutMs: read.REQUEST_TIMEOUT_MS,
      skewMs: SKEW_MS,
    },
  };
}
