import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type Observers, observeFault } from "./record.ts";
import { refuseForNow } from "./refusal.ts";
import { type Answer, answerFault, answerRefused } from "./respond.ts";

/** Thrown when the function is about to be cut off by Lambda: whatever is under way is not taken, and is sent again. */
class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
}

/** Before Lambda's own end, which would be an answer of API Gateway's and not of ours: in ms. */
export const EARLY_MS = 300;

/** The chain's options: what is still under way is left behind {@link EARLY_MS} before the function is cut off. */
export const endEarly = {
  timeoutEarlyInMillis: EARLY_MS,
  timeoutEarlyResponse: (): never => {
    throw new OutOfTimeError("The function would have been cut off");
  },
};

/**
 * Middleware: every answer has our error shape, also that to an unforeseen fault (500) and that of a function which has
 * run out of time (503). Nothing of the request counts as taken then; senders repeat both.
 */
export function answerFaults(observers: Observers): MiddlewareObj<APIGatewayProxyEventV2, Answer> {
  return {
    onError: (request) => {
      const { requestId } = request.event.requestContext;
      const isOutOfTime = request.error instanceof OutOfTimeError;
      const code = isOutOfTime ? "out_of_time" : "internal_error";
      observeFault(request.error, { requestId, code }, observers);
      request.response = isOutOfTime ? answerOutOfTime(requestId) : answerFault(requestId);
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
