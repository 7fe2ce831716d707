import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type IngestPorts, ingest } from "./ingest.ts";
import { type Observers, observe, observeFault } from "./record.ts";
import { type Answer, answerFault } from "./respond.ts";

/**
 * The function for every request of the HTTP API, payload format 2.0 (header names come in lower case there). Never
 * rejects: an unforeseen fault is a 500 with our error shape, and nothing was taken.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function serve(
  ports: IngestPorts,
  observers: Observers,
): (event: APIGatewayProxyEventV2) => Promise<Answer> {
  return async ({ requestContext, rawPath, headers, body, isBase64Encoded }) => {
    const { requestId, http } = requestContext;
    try {
      const request = { method: http.method, path: rawPath, headers, body, isBase64Encoded, requestId };
      const { answer, record } = await ingest(request, ports);
      observe(record, observers);
      return answer;
    } catch (error) {
      observeFault(error, requestId, observers);
      return answerFault(requestId);
    }
  };
}
