import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type Observers, observeFault } from "./record.ts";
import { refuseForNow } from "./refusal.ts";
import { type Answer, answerFault, answerRefused, forBrowsers } from "./respond.ts";
import { routeOf } from "./route.ts";

/**
 * Thrown shortly before Lambda would end the function: the request in progress does not count as taken, and its sender
 * repeats it.
 */
class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
}

/** How long before the function's timeout we answer, in ms: after the timeout API Gateway would answer in its own format. */
export const EARLY_MS = 300;

/** The options of the chain: {@link EARLY_MS} before the timeout it abandons whatever is in progress. */
export const endEarly = {
  timeoutEarlyInMillis: EARLY_MS,
  timeoutEarlyResponse: (): never => {
    throw new OutOfTimeError("The function would have been cut off");
  },
};

/**
 * Middleware: gives every answer our error format, including the answer to an unforeseen fault (500) and to a request that ran
 * out of time (503), which pages may read as any other. Neither counts as taken; senders repeat both.
 */
export function answerFaults(observers: Observers): MiddlewareObj<APIGatewayProxyEventV2, Answer> {
  return {
    onError: (request) => {
      const { requestContext, rawPath: path, headers } = request.event;
      const { requestId, http } = requestContext;
      const isOutOfTime = request.error instanceof OutOfTimeError;
      const code = isOutOfTime ? "out_of_time" : "internal_error";
      observeFault(request.error, { requestId, code }, observers);
      const answer = isOutOfTime ? answerOutOfTime(requestId) : answerFault(requestId);
      request.response = forBrowsers(answer, routeOf({ method: http.method, path, headers }));
    },
  };
}

function answerOutOfTime(requestId: string): Answer {
  const refusal = refuseForNow("out_of_time", "the request took too long; send the same request again", {
    retryAfterSeconds: 5,
    causes: [],
  });
  return answerRefused(refusal, requestId);
}
