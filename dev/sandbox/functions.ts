import type { FunctionHosts } from "../function-hosts.ts";
import type { LocalFunction, StackAddresses } from "../local-function.ts";
import { refusal, type SandboxRoute } from "./route.ts";

/**
 * Each function with the environment it runs in, so that `sls invoke local` can run one against this stack
 * (`infra/bundle-plugin.cjs`); the credentials in it are those of the emulators. And a way to kill one in the middle of
 * what it does, as Lambda does with a host that fails.
 */
export function functionRoutes(
  functions: readonly LocalFunction[],
  addresses: StackAddresses,
  hosts: FunctionHosts,
): readonly SandboxRoute[] {
  const body = {
    functions: functions.map(({ name, variables }) => ({ name, environment: variables(addresses) })),
  };
  return [
    { method: "GET", path: "/sandbox/functions", answer: () => ({ kind: "json", status: 200, body }) },
    {
      method: "POST",
      path: "/sandbox/functions/{name}/kill",
      answer: async ({ parameters: { name = "" } }) => {
        const host = hosts.get(name);
        if (!host) return refusal(404, "not_found", `expected one of ${[...hosts.keys()].join(", ")}`);
        return { kind: "json", status: 200, body: { killed: await host.kill() } };
      },
    },
  ];
}
