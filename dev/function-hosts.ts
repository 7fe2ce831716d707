import { type FunctionHost, startFunctionHost } from "./function-host.ts";
import type { LocalFunction, StackAddresses } from "./local-function.ts";
import { StartProblem } from "./problem.ts";

/** The host of each function, by its name. */
export type FunctionHosts = ReadonlyMap<string, FunctionHost>;

/** A host for every function of the stack, with the variables that tell it where the parts of this stack are. */
export function startHosts(
  functions: readonly LocalFunction[],
  addresses: StackAddresses,
  onLine: (functionName: string, line: string) => void,
): FunctionHosts {
  return new Map(
    functions.map((one) => [
      one.name,
      startFunctionHost({
        ...one,
        variables: one.variables(addresses),
        onLine: (line) => onLine(one.name, line),
      }),
    ]),
  );
}

/** What the HTTP API invokes. */
export function apiFunction(functions: readonly LocalFunction[], hosts: FunctionHosts) {
  const name = functions.find(({ trigger }) => trigger.kind === "http")?.name;
  const host = name === undefined ? undefined : hosts.get(name);
  if (!host) throw new Error("no function has the HTTP trigger");
  return host.invoke;
}

/**
 * Loads every function once.
 * @throws {StartProblem} naming every function that does not start, and why.
 */
export async function warm(hosts: FunctionHosts): Promise<void> {
  const starts = [...hosts].map(async ([name, host]) => {
    try {
      await host.warm();
    } catch (error) {
      throw new StartProblem(
        `The function ${name} does not start: ${error instanceof Error ? error.message : error}`,
      );
    }
  });
  const refused = (await Promise.allSettled(starts)).filter((start) => start.status === "rejected");
  if (refused.length > 0) {
    throw new StartProblem(
      refused.map(({ reason }) => String(reason instanceof Error ? reason.message : reason)).join("\n"),
    );
  }
}
