import { ACCOUNT, nameInStage, REGION } from "./names.ts";
import type { SandboxAnswer } from "./sandbox/route.ts";

const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:`;

/** Of a function by its name without service and stage. */
export function functionArn(name: string): string {
  return FUNCTION_ARN + nameInStage(name);
}

/**
 * The function that a request names: by its name in the stage, its ARN or the end of that from the account on, with or without the
 * one version that there is. Undefined when none of `names` is meant.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html#API_GetFunctionConfiguration_RequestSyntax
 */
export function namedFunction(text: string, names: readonly string[]): string | undefined {
  const named = text.replace(/:\$LATEST$/, "");
  return names.find((name) => {
    const arn = functionArn(name);
    return [nameInStage(name), arn, arn.slice(arn.indexOf(`${ACCOUNT}:`))].includes(named);
  });
}

/** Lambda writes the message of these with a capital. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
const CAPITAL_MESSAGE: readonly string[] = ["ResourceNotFoundException", "ResourceInUseException"];

/** An error as Lambda answers it: a client takes its name from the header. */
export function lambdaError(status: number, type: string, message: string): SandboxAnswer {
  return {
    kind: "json",
    status,
    headers: { "x-amzn-errortype": type },
    body: { Type: "User", [CAPITAL_MESSAGE.includes(type) ? "Message" : "message"]: message },
  };
}

export function unknownFunction(text: string): SandboxAnswer {
  const arn = text.startsWith("arn:") ? text : FUNCTION_ARN + text;
  return lambdaError(404, "ResourceNotFoundException", `Function not found: ${arn}`);
}

/** One page of a listing by Lambda's `Marker` and `MaxItems`, or why there is none. A marker is the place of its page's first item. */
export function pageOf<Item>(
  all: readonly Item[],
  {
    query,
    most,
  }: { readonly query: URLSearchParams /** As many as Lambda puts into one page. */; readonly most: number },
):
  | { readonly kind: "page"; readonly items: readonly Item[]; readonly next: string | undefined }
  | SandboxAnswer {
  const marker = query.get("Marker") || "0";
  const maxItems = query.get("MaxItems") ?? String(most);
  if (!/^\d{1,9}$/.test(marker)) {
    return lambdaError(
      400,
      "InvalidParameterValueException",
      "Marker: expected the NextMarker of a page before",
    );
  }
  if (!/^\d{1,5}$/.test(maxItems) || Number(maxItems) < 1 || Number(maxItems) > 10_000) {
    return lambdaError(400, "InvalidParameterValueException", "MaxItems: expected a number from 1 to 10000");
  }
  const start = Number(marker);
  const end = start + Math.min(Number(maxItems), most);
  return { kind: "page", items: all.slice(start, end), next: end < all.length ? String(end) : undefined };
}
