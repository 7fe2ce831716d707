"use strict";

const { optional } = require("./optional.cjs");

const domainName = ({ resolveVariable }) => optional(resolveVariable, "domainName", null);

/** The API under a domain of the operator's. Nothing in Flagbridge knows its own name, so only outputs change beside it. */
module.exports = {
  /**
   * `provider.httpApi.disableDefaultEndpoint`. The other address answers no more once there is a domain: what stands before the domain,
   * a firewall or a list of addresses, could be gone around there.
   */
  disableDefaultEndpoint: async (variables) => {
    if ((await domainName(variables)) === null) return false;
    return String(await variables.resolveVariable("param:keepExecuteApiEndpoint")) !== "true";
  },
  resources: async (variables) => {
    const name = await domainName(variables);
    if (name === null) return {};
    const [CertificateArn, Tags] = await Promise.all(
      ["param:certificateArn", "self:provider.tags"].map((one) => variables.resolveVariable(one)),
    );
    return {
      Resources: {
        ApiDomain: {
          Type: "AWS::ApiGatewayV2::DomainName",
          Properties: {
            DomainName: name,
            DomainNameConfigurations: [
              { CertificateArn, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2" },
            ],
            Tags,
          },
        },
        ApiDomainMapping: {
          Type: "AWS::ApiGatewayV2::ApiMapping",
          Properties: {
            ApiId: { Ref: "HttpApi" },
            DomainName: { Ref: "ApiDomain" },
            Stage: { Ref: "HttpApiStage" },
          },
        },
      },
      Outputs: {
        HttpApiUrl: { Description: "URL of the HTTP API", Value: apiUrl(name) },
        DomainTarget: {
          Description: `Where the DNS record of ${name} has to point, as CNAME or alias`,
          Value: { "Fn::GetAtt": ["ApiDomain", "RegionalDomainName"] },
        },
        DomainTargetZone: {
          Description: "The hosted zone of that target, which an alias record of Route 53 wants",
          Value: { "Fn::GetAtt": ["ApiDomain", "RegionalHostedZoneId"] },
        },
      },
    };
  },
  apiUrl,
};

/** Where requests go, without a slash at the end: under the domain, or where API Gateway has every API when there is none. */
function apiUrl(name) {
  return name
    ? `https://${name}`
    : { "Fn::Sub": `https://\${HttpApi}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}` };
}
