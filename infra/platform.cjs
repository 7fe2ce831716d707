"use strict";

/** https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html: neither action takes a resource. */
const SEND_TRACES = {
  Sid: "SendTraces",
  Effect: "Allow",
  Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
  Resource: "*",
};

/**
 * What a platform team asks of every resource of a type, whoever made it: the files of this repository, a plugin, or osls. In place of a
 * line beside each, which the next role or function would be without.
 */
function applyPlatform(template, { permissionsBoundaryArn, tracing }) {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === "AWS::IAM::Role") {
      if (permissionsBoundaryArn) Properties.PermissionsBoundary = permissionsBoundaryArn;
      if (tracing === "Active") Properties.Policies[0].PolicyDocument.Statement.push(SEND_TRACES);
    }
    if (Type === "AWS::Lambda::Function" && tracing === "Active")
      Properties.TracingConfig = { Mode: "Active" };
  }
}

/** `team=growth,cost-center=42` as `{ team: "growth", "cost-center": "42" }`. */
function tagsOf(text) {
  return Object.fromEntries(text.split(",").map((tag) => tag.split("=")));
}

module.exports = { applyPlatform, tagsOf };
