import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";

/** `failed`: the function threw; `message` is its error's. */
export type Invoked =
  | { readonly kind: "answered"; readonly answer: unknown }
  | { readonly kind: "failed"; readonly message: string };

/** Invokes a function once and waits for its answer. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function createInvoke(
  client: LambdaClient,
): (functionName: string, event: unknown) => Promise<Invoked> {
  return async (functionName, event) => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) });
    const { Payload, FunctionError } = await client.send(command);
    const answer: unknown = JSON.parse(Payload?.transformToString() || "null");
    if (FunctionError === undefined) return { kind: "answered", answer };
    const told = typeof answer === "object" && answer !== null && "errorMessage" in answer;
    return { kind: "failed", message: told ? String(answer.errorMessage) : FunctionError };
  };
}
