import * as z from "zod/mini";
import type { HoldRules } from "../../lib/audience/hold.ts";
import {
  type ConsumerEnvironment,
  consumerEnvironment,
  consumerVariables,
  milliseconds,
  readVariables,
} from "../environment.ts";

/** AWS keeps the clocks of its hosts within milliseconds of each other; a second is far beyond that. */
const SKEW_MS = 1_000;

const variables = z
  .object({
    ...consumerVariables,
    LEDGER_TABLE: z
      .string("expected the name of the ledger table")
      .check(z.minLength(1, "expected the name of the ledger table")),
    HOLD_MS: milliseconds,
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

export type BatcherEnvironment = ConsumerEnvironment & {
  readonly ledgerTable: string;
  readonly rules: HoldRules;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): BatcherEnvironment {
  const read = readVariables(variables, environment);
  return {
    ...consumerEnvironment(read, bundleFolder),
    ledgerTable: read.LEDGER_TABLE,
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
