import * as z from "zod/mini";
import {
  type ConsumerEnvironment,
  consumerEnvironment,
  consumerVariables,
  readVariables,
} from "../environment.ts";

const variables = z.object({
  ...consumerVariables,
  LEDGER_TABLE: z
    .string("expected the name of the ledger table")
    .check(z.minLength(1, "expected the name of the ledger table")),
});

export type EraserEnvironment = ConsumerEnvironment & { readonly ledgerTable: string };

/** @throws {EnvironmentError} naming every variable that is not right, and no value. */
export function readEnvironment(environment: NodeJS.ProcessEnv, bundleFolder: string): EraserEnvironment {
  const read = readVariables(variables, environment);
  return { ...consumerEnvironment(read, bundleFolder), ledgerTable: read.LEDGER_TABLE };
}
