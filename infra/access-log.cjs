"use strict";

/**
 * One line per request, whether or not it reached ingest: what the API itself refuses (429) is seen nowhere else.
 * Nothing that the caller writes is in it. API Gateway puts each value into the text as it is, and documents no
 * escaping: a quote in the user agent, or in the path, which an HTTP API decodes, would break the line or make up
 * members of it. Both may hold keys as well. `requestId` leads to the line of ingest, which has the connection. The
 * address is left out, as it is that of a customer's user where browsers send.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const LINE = {
  requestId: "$context.requestId",
  time: "$context.requestTime",
  method: "$context.httpMethod",
  status: "$context.status",
  integrationStatus: "$context.integrationStatus",
  latencyMs: "$context.responseLatency",
  responseBytes: "$context.responseLength",
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
};

const isOn = async ({ resolveVariable }) => (await resolveVariable("param:accessLog")) !== "none";

module.exports = {
  /** `provider.logs.httpApi` */
  httpApi: async (variables) => ((await isOn(variables)) ? { format: JSON.stringify(LINE) } : false),
  /**
   * Log delivery writes every other log group into the account's policy for it, which has 5,120 characters: an account with many
   * APIs cannot deploy another. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
   */
  resources: async (variables) => {
    if (!(await isOn(variables))) return {};
    const [service, stage] = await Promise.all(
      ["self:service", "sls:stage"].map((name) => variables.resolveVariable(name)),
    );
    return {
      extensions: {
        HttpApiLogGroup: { Properties: { LogGroupName: `/aws/vendedlogs/http-api/${service}-${stage}` } },
      },
    };
  },
};
