import { readJson } from "../../lib/json.ts";
import type { FunctionHosts } from "../function-hosts.ts";
import type { FunctionLines } from "../function-lines.ts";
import type { LocalFunction, StackAddresses } from "../local-function.ts";
import { logFilter } from "../log-filter.ts";
import { refusal, type SandboxAnswer, type SandboxRoute } from "./route.ts";

/** The stack as an operator's tool finds it: where AWS's side of it is, and which connections it runs with. */
export type StackDescription = {
  readonly service: string;
  readonly stage: string;
  readonly url: string;
  readonly region: string;
  readonly accountId: string;
  readonly endpoints: Readonly<Record<"sqs" | "dynamodb" | "secretsManager" | "lambda", string>>;
  /** Absolute path of the checked connections as JSON, with the URLs of this stack's own sandbox. */
  readonly connectionsFile: string;
  /** Absolute path of the file that the stack was given; absent when it was given none. */
  readonly connectionsSource?: string;
};

/**
 * The stack, and each function with the environment it runs in, so that `sls invoke local` can run one against this stack
 * (`infra/bundle-plugin.cjs`). The credentials in it are those of the emulators. And ways to invoke one as it runs here,
 * which is Lambda's `Invoke`: the body is the event; to read its log; and to kill it in the middle of its work, as a failing host does.
 */
export function functionRoutes({
  functions,
  addresses,
  hosts,
  lines,
  stack,
}: {
  readonly functions: readonly LocalFunction[];
  readonly addresses: StackAddresses;
  readonly hosts: FunctionHosts;
  readonly lines: FunctionLines;
  readonly stack: StackDescription;
}): readonly SandboxRoute[] {
  const body = {
    stack,
    functions: functions.map(({ name, variables }) => ({ name, environment: variables(addresses) })),
  };
  return [
    { method: "GET", path: "/sandbox/functions", answer: () => ({ kind: "json", status: 200, body }) },
    {
      method: "POST",
      path: "/sandbox/functions/{name}",
      answer: async (request) => invoke(hosts.get(request.parameters.name ?? ""), request.body),
    },
    {
      method: "GET",
      path: "/sandbox/functions/{name}/log",
      answer: ({ parameters: { name = "" }, query }) =>
        hosts.has(name) ? logOf(lines.of(name), query.get("filter") ?? "") : unknownFunction,
    },
    {
      method: "POST",
      path: "/sandbox/functions/{name}/kill",
      answer: async ({ parameters: { name = "" } }) => {
        const host = hosts.get(name);
        return host ? { kind: "json", status: 200, body: { killed: await host.kill() } } : unknownFunction;
      },
    },
  ];
}

const unknownFunction = refusal(
  404,
  "not_found",
  "there is no function of this name; GET /sandbox/functions lists them",
);

/** As `sls logs --filter` shows a log: raw lines, those that match. */
function logOf(lines: readonly string[], pattern: string): SandboxAnswer {
  const filter = logFilter(pattern);
  if (filter.kind === "refused") return refusal(400, "invalid_request", `filter: ${filter.message}`);
  return { kind: "text", status: 200, body: lines.filter(filter.matches).join("\n") };
}

async function invoke(
  host: { readonly invoke: (event: unknown) => Promise<unknown> } | undefined,
  body: string,
): Promise<SandboxAnswer> {
  if (!host) return unknownFunction;
  const event = readJson(body);
  if (event === undefined) return refusal(400, "invalid_request", "expected an event: JSON");
  try {
    return { kind: "json", status: 200, body: (await host.invoke(event)) ?? null };
  } catch (error) {
    return refusal(502, "function_error", error instanceof Error ? error.message : String(error));
  }
}
