import { GetFunctionConcurrencyCommand, type LambdaClient } from "@aws-sdk/client-lambda";

/**
 * Says how many invocations at once are set aside for a function; undefined when it shares those of the account.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html
 */
export function createFunctionConcurrency(
  client: LambdaClient,
): (functionName: string) => Promise<number | undefined> {
  return async (functionName) => {
    const command = new GetFunctionConcurrencyCommand({ FunctionName: functionName });
    return (await client.send(command)).ReservedConcurrentExecutions;
  };
}
