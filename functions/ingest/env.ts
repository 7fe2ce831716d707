import * as z from "zod/mini";
import { type CommonEnvironment, commonEnvironment, commonVariables, readVariables } from "../environment.ts";

const variables = z.object({
  REPLAYS_TABLE: z
    .string("expected the name of the table of replays")
    .check(z.minLength(1, "expected the name of the table of replays")),
  ...commonVariables,
});

export type IngestEnvironment = CommonEnvironment & { readonly replaysTable: string };

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): IngestEnvironment {
  const read = readVariables(variables, environment);
  return { ...commonEnvironment(read, bundleFolder), replaysTable: read.REPLAYS_TABLE };
}
