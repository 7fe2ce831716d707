import type { EventSourceMapping } from "./event-source-mappings.ts";
import { type LambdaFunctionsConfig, lambdaFunctionRoutes } from "./lambda-functions.ts";
import { mappingRoutes } from "./lambda-mappings.ts";
import type { SandboxRoute } from "./sandbox/route.ts";

/** Behind the stack's own address: with it, the endpoint of an AWS client for Lambda. */
export const LAMBDA_PATH = "/sandbox/aws/lambda";

/** As much of Lambda's API as an operator needs, for the real clients: functions, invocations and event source mappings. */
export function lambdaRoutes(
  config: LambdaFunctionsConfig & { readonly mappings: () => readonly EventSourceMapping[] },
): readonly SandboxRoute[] {
  const functionNames = config.functions.map(({ name }) => name);
  return [
    ...lambdaFunctionRoutes(LAMBDA_PATH, config),
    ...mappingRoutes(LAMBDA_PATH, { functionNames, mappings: config.mappings }),
  ];
}
