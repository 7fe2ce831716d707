import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type IngestPorts, ingest } from "./ingest.ts";
import { type Observers, observe } from "./record.ts";
import type { Answer } from "./respond.ts";

/**
 * A request of the HTTP API, payload format 2.0 (header names come in lower case there), to its answer and its line.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function serve(
  ports: IngestPorts,
  observers: Observers,
): (event: APIGatewayProxyEventV2) => Promise<Answer> {
  return async ({ requestContext, rawPath, headers, body, isBase64Encoded }) => {
    const { requestId, http } = requestContext;
    const request = { method: http.method, path: rawPath, headers, body, isBase64Encoded, requestId };
    const { answer, record } = await ingest(request, ports);
    observe(record, observers);
    return answer;
  };
}
