import { readJson } from "../lib/json.ts";
import { FunctionFailure } from "./function-environment.ts";
import type { FunctionHosts } from "./function-hosts.ts";
import { functionArn, lambdaError, namedFunction, pageOf, unknownFunction } from "./lambda-answer.ts";
import type { LocalFunction, StackAddresses } from "./local-function.ts";
import { nameInStage } from "./names.ts";
import { headerOf, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./sandbox/route.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html: never more than 50, whatever is asked for. */
const MOST_PER_PAGE = 50;

export type LambdaFunctionsConfig = {
  readonly functions: readonly LocalFunction[];
  readonly hosts: FunctionHosts;
  readonly addresses: StackAddresses;
  readonly startedAt: Date;
};

/**
 * Lambda's operations on functions: list, look at one, invoke it. None has invocations set aside for it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function lambdaFunctionRoutes(base: string, config: LambdaFunctionsConfig): readonly SandboxRoute[] {
  const { functions, hosts } = config;
  const names = functions.map(({ name }) => name);
  const path = `${base}/2015-03-31/functions`;
  const list = ({ query }: SandboxRequest): SandboxAnswer => {
    const page = pageOf(functions, { query, most: MOST_PER_PAGE });
    if (page.kind !== "page") return page;
    return json({ Functions: page.items.map((one) => viewOf(one, config)), NextMarker: page.next });
  };
  const one =
    (apply: (one: LocalFunction, request: SandboxRequest) => SandboxAnswer | Promise<SandboxAnswer>) =>
    (request: SandboxRequest): SandboxAnswer | Promise<SandboxAnswer> => {
      const { function: asked = "" } = request.parameters;
      const name = namedFunction(asked, names);
      const found = functions.find((candidate) => candidate.name === name);
      return found ? apply(found, request) : unknownFunction(asked);
    };
  return [
    { method: "GET", path, answer: list },
    // As the SDKs of other languages have it.
    { method: "GET", path: `${path}/`, answer: list },
    {
      method: "GET",
      path: `${path}/{function}`,
      answer: one((found) => json({ Configuration: viewOf(found, config) })),
    },
    {
      method: "GET",
      path: `${path}/{function}/configuration`,
      answer: one((found) => json(viewOf(found, config))),
    },
    {
      method: "GET",
      path: `${base}/2019-09-30/functions/{function}/concurrency`,
      answer: one(() => json({})),
    },
    {
      method: "POST",
      path: `${path}/{function}/invocations`,
      answer: one(({ name }, request) => invoke(hosts, name, request)),
    },
  ];
}

function viewOf({ name, timeoutMs, memoryMb, variables }: LocalFunction, config: LambdaFunctionsConfig) {
  return {
    FunctionName: nameInStage(name),
    FunctionArn: functionArn(name),
    Runtime: `nodejs${process.versions.node.split(".")[0]}.x`,
    Handler: `dist/${name}.handler`,
    Timeout: Math.ceil(timeoutMs / 1000),
    MemorySize: memoryMb,
    LastModified: config.startedAt.toISOString().replace("Z", "+0000"),
    Version: "$LATEST",
    Environment: { Variables: variables(config.addresses) },
    PackageType: "Zip",
    State: "Active",
    LastUpdateStatus: "Successful",
  };
}

async function invoke(hosts: FunctionHosts, name: string, request: SandboxRequest): Promise<SandboxAnswer> {
  const host = hosts.get(name);
  if (!host) return unknownFunction(nameInStage(name));
  const kind = headerOf(request, "x-amz-invocation-type") ?? "RequestResponse";
  if (kind === "DryRun") return { kind: "empty", status: 204 };
  if (kind !== "RequestResponse") {
    return lambdaError(
      400,
      "InvalidParameterValueException",
      `the local stack has no invocation of the type ${kind}: expected RequestResponse or DryRun`,
    );
  }
  const event = request.body === "" ? {} : readJson(request.body);
  if (event === undefined) {
    return lambdaError(400, "InvalidRequestContentException", "Could not parse request body into json");
  }
  const headers = { "x-amz-executed-version": "$LATEST" };
  try {
    return { kind: "json", status: 200, headers, body: (await host.invoke(event)) ?? null };
  } catch (error) {
    return {
      kind: "json",
      status: 200,
      headers: { ...headers, "x-amz-function-error": "Unhandled" },
      body: errorDocument(error),
    };
  }
}

/**
 * What Lambda answers for a function that gave no result: what it threw, or what its host saw.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
function errorDocument(error: unknown) {
  if (!(error instanceof FunctionFailure)) return { errorType: "Error", errorMessage: String(error) };
  const { kind, thrown, message } = error;
  if (thrown) {
    const { errorType, errorMessage, trace } = thrown;
    return { errorType, errorMessage, trace: trace.split("\n") };
  }
  return {
    errorType: kind === "timed-out" ? "Sandbox.Timedout" : "Runtime.ExitError",
    errorMessage: message,
  };
}

function json(body: unknown): SandboxAnswer {
  return { kind: "json", status: 200, body };
}
