"use strict";

/** https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html: neither action takes a resource. */
const SEND_TRACES = {
  Sid: "SendTraces",
  Effect: "Allow",
  Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
  Resource: "*",
};

/**
 * DynamoDB uses the key in the name of whoever reads or writes the table, for these actions, and asks for it as DynamoDB alone.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
 */
const useKeyOfTables = (kmsKeyArn) => ({
  Sid: "UseTheKeyOfTables",
  Effect: "Allow",
  Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
  Resource: kmsKeyArn,
  Condition: {
    StringEquals: { "kms:ViaService": { "Fn::Sub": `dynamodb.\${AWS::Region}.\${AWS::URLSuffix}` } },
  },
});

/** Older versions of what is uploaded: the five newest deployments are kept as they are, by osls. */
const VERSIONS_KEPT_DAYS = 90;

/**
 * What a platform team asks of every resource of a type, whoever made it: the files of this repository, a plugin, or osls. In place of a
 * line beside each, which the next role, function, table or log group would be without.
 */
function applyPlatform(template, settings) {
  for (const { Type, Properties } of Object.values(template.Resources)) APPLIED[Type]?.(Properties, settings);
}

const APPLIED = {
  "AWS::IAM::Role": (role, { permissionsBoundaryArn, tracing, kmsKeyArn }) => {
    if (permissionsBoundaryArn) role.PermissionsBoundary = permissionsBoundaryArn;
    const statements = role.Policies[0].PolicyDocument.Statement;
    const usesTable = statements.some(({ Action }) => [Action].flat()[0].startsWith("dynamodb:"));
    if (kmsKeyArn && usesTable) statements.push(useKeyOfTables(kmsKeyArn));
    if (tracing === "Active") statements.push(SEND_TRACES);
  },
  "AWS::Lambda::Function": (lambda, { tracing }) => {
    if (tracing === "Active") lambda.TracingConfig = { Mode: "Active" };
  },
  "AWS::DynamoDB::Table": (table, { kmsKeyArn }) => {
    if (kmsKeyArn) table.SSESpecification = { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: kmsKeyArn };
  },
  "AWS::Logs::LogGroup": (group, { kmsKeyArn }) => {
    if (kmsKeyArn) group.KmsKeyId = kmsKeyArn;
  },
  "AWS::S3::Bucket": (bucket) => {
    if (!bucket.VersioningConfiguration) return;
    bucket.LifecycleConfiguration = {
      Rules: [
        {
          Id: "forget-older-versions",
          Status: "Enabled",
          NoncurrentVersionExpiration: { NoncurrentDays: VERSIONS_KEPT_DAYS },
          ExpiredObjectDeleteMarker: true,
        },
      ],
    };
  },
};

/** `team=growth,cost-center=42` as `{ team: "growth", "cost-center": "42" }`. */
function tagsOf(text) {
  return Object.fromEntries(text.split(",").map((tag) => tag.split("=")));
}

module.exports = { applyPlatform, tagsOf };
