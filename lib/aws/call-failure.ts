import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";

/**
 * What a failed call says about its effect.
 * `unanswered`: no answer came that can be read, so that the call may still take effect.
 * `unavailable`: AWS answered that it cannot now; another attempt may get past.
 * `refused`: AWS answered that the call is wrong, and another attempt would fail too.
 */
export type CallFailure = {
  readonly kind: "unanswered" | "unavailable" | "refused";
  /** Safe to log: the SDK's own message may quote what was sent or stored. */
  readonly cause: Error;
};

/** The service refused the call. `name` is AWS's own. */
class AwsRefusal extends Error {
  override readonly name: string;
  readonly requestId: string | undefined;

  constructor(operation: string, name: string, status: number, requestId: string | undefined) {
    super(
      `${operation} was answered with status ${status} (${name}, request ${requestId ?? "without an id"})`,
    );
    this.name = name;
    this.requestId = requestId;
  }
}

/** The SDK's own rules decide what another attempt may get past; this function adds whether an answer came at all. */
export function callFailure(operation: string, error: unknown): CallFailure {
  if (!isSdkError(error)) return { kind: "unanswered", cause: new Error(`${operation} failed`) };
  const { httpStatusCode: status, requestId } = error.$metadata ?? {};
  // A 200 that cannot be read counts as no answer: nobody knows whether the call was carried out.
  if (status === undefined || status < 300)
    return { kind: "unanswered", cause: withoutQuote(operation, error) };
  const passes = isThrottlingError(error) || isTransientError(error) || isServerError(error);
  return {
    kind: passes ? "unavailable" : "refused",
    cause: new AwsRefusal(operation, errorCode(error), status, requestId),
  };
}

/**
 * What went wrong in a call, in one word that is safe to log: AWS's name of it, or Node's code of a network fault.
 * An answer that is no JSON is a `MalformedAnswer`.
 */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown";
  if (error instanceof SyntaxError) return "MalformedAnswer";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

/** AWS's own name of the call, which its support asks for; undefined where no answer came. */
export function requestIdOf(error: unknown): string | undefined {
  return isSdkError(error) ? error.$metadata?.requestId : undefined;
}

/** For example ` (request 5a8d…)`, to put behind what failed; empty without an id. */
export function inRequest(requestId: string | undefined): string {
  return requestId === undefined ? "" : ` (request ${requestId})`;
}

function withoutQuote(operation: string, error: Error): Error {
  // The parser's message quotes the answer, which holds the keys of members.
  if (!(error instanceof SyntaxError)) return error;
  const requestId = requestIdOf(error);
  return Object.assign(new Error(`${operation} was answered with no JSON${inRequest(requestId)}`), {
    requestId,
  });
}

type SdkError = Parameters<typeof isTransientError>[0];

/** What the SDK's rules can look into: an error whose causes, if any, are errors. */
function isSdkError(error: unknown): error is SdkError {
  return error instanceof Error && (error.cause === undefined || error.cause instanceof Error);
}
