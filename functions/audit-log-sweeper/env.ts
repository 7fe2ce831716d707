import * as z from "zod/mini";
import {
  type CommonEnvironment,
  commonEnvironment,
  commonVariables,
  milliseconds,
  readVariables,
} from "../environment.ts";

const variables = z.object({
  CURSORS_TABLE: z
    .string("expected the name of the table of cursors")
    .check(z.minLength(1, "expected the name of the table of cursors")),
  ...commonVariables,
  REQUEST_TIMEOUT_MS: milliseconds,
});

export type SweeperEnvironment = CommonEnvironment & {
  readonly cursorsTable: string;
  readonly requestTimeoutMs: number;
};

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): SweeperEnvironment {
  const read = readVariables(variables, environment);
  return {
    cursorsTable: read.CURSORS_TABLE,
    ...commonEnvironment(read, bundleFolder),
    requestTimeoutMs: read.REQUEST_TIMEOUT_MS,
  };
}
