import type { LocalFunction, StackAddresses } from "../local-function.ts";
import type { SandboxRoute } from "./route.ts";

/**
 * Each function with the environment it runs in, so that `sls invoke local` can run one against this stack
 * (`infra/bundle-plugin.cjs`). The credentials in it are those of the emulators.
 */
export function functionRoutes(
  functions: readonly LocalFunction[],
  addresses: StackAddresses,
): readonly SandboxRoute[] {
  const body = {
    functions: functions.map(({ name, variables }) => ({ name, environment: variables(addresses) })),
  };
  return [{ method: "GET", path: "/sandbox/functions", answer: () => ({ kind: "json", status: 200, body }) }];
}
