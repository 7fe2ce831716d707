import type { Resource } from "./packaged-template.ts";

/**
 * What CloudFormation asks AWS for in the name of whoever deploys, by the type of the resource. AWS publishes it in the schema of each type
 * (`handlers`), with everything for properties that this template does not use: test/deploy/resource-schemas.test.ts holds these rows
 * against it, both ways.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
export type ResourceActions = {
  /** To make, read, change, tag and delete one. */
  readonly calls: readonly string[];
  /** Only for a resource with this property. */
  readonly withProperty?: Readonly<Record<string, readonly string[]>>;
  /** In AWS's schema and not called here, by the reason. */
  readonly unused?: Readonly<Record<string, readonly string[]>>;
  /** Not in AWS's schema and called all the same: the documentation says where. */
  readonly besideSchema?: readonly string[];
};

const VERBS = [
  "apigateway:DELETE",
  "apigateway:GET",
  "apigateway:PATCH",
  "apigateway:POST",
  "apigateway:PUT",
];
const NO_IMPORT = "it is not made of a definition in S3";

export const CLOUDFORMATION_ACTIONS: Readonly<Record<string, ResourceActions>> = {
  "AWS::ApiGatewayV2::Api": { calls: VERBS, unused: { [NO_IMPORT]: ["s3:getObject"] } },
  "AWS::ApiGatewayV2::Stage": {
    calls: [
      ...["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"],
      ...["apigateway:TagResource", "apigateway:UntagResource"],
    ],
    withProperty: {
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html#http-api-logging.permissions
      AccessLogSettings: [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
      ],
    },
    besideSchema: [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ],
  },
  "AWS::ApiGatewayV2::Route": { calls: VERBS },
  "AWS::ApiGatewayV2::Integration": {
    calls: VERBS,
    unused: { "API Gateway invokes the function by a permission, not as a role": ["iam:PassRole"] },
  },
  "AWS::ApiGatewayV2::DomainName": {
    calls: [...VERBS, "apigateway:AddCertificateToDomain", "apigateway:RemoveCertificateFromDomain"],
    unused: { "no client shows a certificate": ["s3:GetObject", "s3:GetObjectVersion"] },
  },
  "AWS::ApiGatewayV2::ApiMapping": { calls: VERBS },
  "AWS::CloudWatch::Alarm": {
    calls: [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:ListTagsForResource",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ],
  },
  "AWS::CloudWatch::Dashboard": {
    calls: [
      "cloudwatch:DeleteDashboards",
      "cloudwatch:GetDashboard",
      "cloudwatch:ListTagsForResource",
      "cloudwatch:PutDashboard",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ],
  },
  "AWS::DynamoDB::Table": {
    calls: [
      "dynamodb:CreateTable",
      "dynamodb:DeleteTable",
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeContributorInsights",
      "dynamodb:DescribeKinesisStreamingDestination",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:GetResourcePolicy",
      "dynamodb:ListTagsOfResource",
      "dynamodb:TagResource",
      "dynamodb:UntagResource",
      "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable",
      "dynamodb:UpdateTimeToLive",
    ],
    withProperty: {
      SSESpecification: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
    },
    unused: {
      "the key is named by its ARN, and DynamoDB ends its grants itself": [
        "kms:ListAliases",
        "kms:RevokeGrant",
      ],
      "it has no replica": [
        "dynamodb:AssociateTableReplica",
        "dynamodb:BatchWriteItem",
        "dynamodb:CreateTableReplica",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
        "iam:CreateServiceLinkedRole",
      ],
      "it is not made of an import": [
        "dynamodb:DescribeImport",
        "dynamodb:ImportTable",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "logs:PutRetentionPolicy",
        "s3:GetObject",
        "s3:GetObjectMetadata",
        "s3:ListBucket",
      ],
      "it has no stream, no policy of its own and no contributor insights": [
        "dynamodb:DeleteResourcePolicy",
        "dynamodb:DisableKinesisStreamingDestination",
        "dynamodb:EnableKinesisStreamingDestination",
        "dynamodb:PutResourcePolicy",
        "dynamodb:UpdateContributorInsights",
        "dynamodb:UpdateKinesisStreamingDestination",
        "kinesis:DescribeStream",
        "kinesis:PutRecords",
      ],
    },
  },
  "AWS::Events::Rule": {
    calls: [
      "events:DeleteRule",
      "events:DescribeRule",
      "events:ListTagsForResource",
      "events:ListTargetsByRule",
      "events:PutRule",
      "events:PutTargets",
      "events:RemoveTargets",
      "events:TagResource",
      "events:UntagResource",
    ],
    unused: { "EventBridge invokes the function by a permission, not as a role": ["iam:PassRole"] },
  },
  "AWS::IAM::Role": {
    calls: [
      "iam:CreateRole",
      "iam:DeleteRole",
      "iam:DeleteRolePolicy",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "iam:PutRolePolicy",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
    ],
    withProperty: {
      PermissionsBoundary: ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
    },
    unused: {
      "its policies are written into it": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
      "it has no description": ["iam:UpdateRoleDescription"],
      "CloudFormation reads its tags by GetRole": ["iam:ListRoleTags"],
    },
  },
  "AWS::IAM::Policy": {
    calls: ["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"],
    unused: {
      "it is written into roles alone": [
        "iam:DeleteGroupPolicy",
        "iam:DeleteUserPolicy",
        "iam:GetGroupPolicy",
        "iam:GetUserPolicy",
        "iam:PutGroupPolicy",
        "iam:PutUserPolicy",
      ],
    },
  },
  "AWS::Lambda::EventInvokeConfig": {
    calls: [
      "lambda:DeleteFunctionEventInvokeConfig",
      "lambda:GetFunctionEventInvokeConfig",
      "lambda:PutFunctionEventInvokeConfig",
      "lambda:UpdateFunctionEventInvokeConfig",
    ],
  },
  "AWS::Lambda::EventSourceMapping": {
    calls: [
      "lambda:CreateEventSourceMapping",
      "lambda:DeleteEventSourceMapping",
      "lambda:GetEventSourceMapping",
      "lambda:ListTags",
      "lambda:TagResource",
      "lambda:UntagResource",
      "lambda:UpdateEventSourceMapping",
    ],
    unused: { "it filters nothing": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"] },
  },
  "AWS::Lambda::Function": {
    calls: [
      "iam:PassRole",
      "lambda:CreateFunction",
      "lambda:DeleteFunction",
      "lambda:GetFunction",
      "lambda:GetFunctionCodeSigningConfig",
      "lambda:GetFunctionRecursionConfig",
      "lambda:GetFunctionScalingConfig",
      "lambda:GetRuntimeManagementConfig",
      "lambda:ListTags",
      "lambda:PutFunctionRecursionConfig",
      "lambda:TagResource",
      "lambda:UntagResource",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
      "s3:GetObject",
    ],
    withProperty: {
      ReservedConcurrentExecutions: ["lambda:DeleteFunctionConcurrency", "lambda:PutFunctionConcurrency"],
    },
    unused: {
      "it is in no network and has no file system": [
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "elasticfilesystem:DescribeMountTargets",
        "s3files:ListMountTargets",
      ],
      "its variables are no secrets, and under Lambda's own key": [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
      ],
      "it has no layer, signature, version, capacity provider or runtime of its own": [
        "lambda:AssociateRuntimeAlias",
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:GetCodeSigningConfig",
        "lambda:GetLayerVersion",
        "lambda:PassCapacityProvider",
        "lambda:PublishVersion",
        "lambda:PutFunctionCodeSigningConfig",
        "lambda:PutFunctionScalingConfig",
        "lambda:PutRuntimeManagementConfig",
      ],
      "every deployment has a key of its own in the bucket": ["s3:GetObjectVersion"],
    },
  },
  "AWS::Lambda::Permission": {
    calls: ["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"],
  },
  "AWS::Logs::LogGroup": {
    calls: [
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteRetentionPolicy",
      "logs:DescribeIndexPolicies",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetDataProtectionPolicy",
      "logs:ListTagsForResource",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
    ],
    withProperty: { KmsKeyId: ["logs:AssociateKmsKey", "logs:DisassociateKmsKey"] },
    unused: {
      "it has no policy, index, delivery, bearer token or protection of its own": [
        "firehose:TagDeliveryStream",
        "logs:CreateLogDelivery",
        "logs:DeleteDataProtectionPolicy",
        "logs:DeleteIndexPolicy",
        "logs:DeleteResourcePolicy",
        "logs:PutBearerTokenAuthentication",
        "logs:PutDataProtectionPolicy",
        "logs:PutIndexPolicy",
        "logs:PutLogGroupDeletionProtection",
        "logs:PutResourcePolicy",
        "s3:REST.PUT.OBJECT",
      ],
    },
  },
  "AWS::S3::Bucket": {
    calls: [
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketTagging",
      "s3:GetAccelerateConfiguration",
      "s3:GetAnalyticsConfiguration",
      "s3:GetBucketAbac",
      "s3:GetBucketAcl",
      "s3:GetBucketCORS",
      "s3:GetBucketLogging",
      "s3:GetBucketMetadataTableConfiguration",
      "s3:GetBucketNotification",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration",
      "s3:GetIntelligentTieringConfiguration",
      "s3:GetInventoryConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetMetricsConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutEncryptionConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ],
    withProperty: {
      VersioningConfiguration: ["s3:PutBucketVersioning"],
      LifecycleConfiguration: ["s3:DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"],
    },
    unused: {
      "encryption is never taken away": ["s3:DeleteBucketEncryption"],
      "it is a bucket for packages and nothing else": [
        "iam:PassRole",
        "s3:CreateBucketMetadataTableConfiguration",
        "s3:DeleteBucketAnalyticsConfiguration",
        "s3:DeleteBucketCors",
        "s3:DeleteBucketMetadataTableConfiguration",
        "s3:DeleteBucketMetricsConfiguration",
        "s3:DeleteBucketReplication",
        "s3:DeleteBucketWebsite",
        "s3:DeleteObject",
        "s3:PutAccelerateConfiguration",
        "s3:PutAnalyticsConfiguration",
        "s3:PutBucketAbac",
        "s3:PutBucketAcl",
        "s3:PutBucketCORS",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketReplication",
        "s3:PutBucketWebsite",
        "s3:PutIntelligentTieringConfiguration",
        "s3:PutInventoryConfiguration",
        "s3:PutMetricsConfiguration",
        "s3:PutObjectAcl",
        "s3:PutObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:UpdateBucketMetadataAnnotationTableConfiguration",
        "s3:UpdateBucketMetadataInventoryTableConfiguration",
        "s3:UpdateBucketMetadataJournalTableConfiguration",
        "s3tables:CreateNamespace",
        "s3tables:CreateTable",
        "s3tables:CreateTableBucket",
        "s3tables:GetTable",
        "s3tables:GetTableMetadataLocation",
        "s3tables:PutTableBucketPolicy",
        "s3tables:PutTableEncryption",
        "s3tables:PutTablePolicy",
        "s3tables:UpdateTableMetadataLocation",
      ],
    },
  },
  "AWS::S3::BucketPolicy": {
    calls: ["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"],
  },
  "AWS::SecretsManager::Secret": {
    calls: [
      "secretsmanager:CreateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:TagResource",
      "secretsmanager:UntagResource",
      "secretsmanager:UpdateSecret",
    ],
    withProperty: { KmsKeyId: ["kms:Decrypt", "kms:GenerateDataKey"] },
    besideSchema: ["kms:Decrypt", "kms:GenerateDataKey"],
    unused: {
      "the template has no value, and whoever deploys need not read one": [
        "secretsmanager:GetRandomPassword",
        "secretsmanager:GetSecretValue",
      ],
      "it has no replica": [
        "secretsmanager:RemoveRegionsFromReplication",
        "secretsmanager:ReplicateSecretToRegions",
      ],
    },
  },
  "AWS::SQS::Queue": {
    calls: [
      "sqs:CreateQueue",
      "sqs:DeleteQueue",
      "sqs:GetQueueAttributes",
      "sqs:GetQueueUrl",
      "sqs:ListQueueTags",
      "sqs:SetQueueAttributes",
      "sqs:TagQueue",
      "sqs:UntagQueue",
    ],
  },
  "AWS::SQS::QueuePolicy": { calls: ["sqs:SetQueueAttributes"] },
};

/** What CloudFormation calls for this one resource. @throws {Error} for a type that has no row. */
export function actionsOf({ Type, Properties }: Pick<Resource, "Type" | "Properties">): readonly string[] {
  const row = CLOUDFORMATION_ACTIONS[Type];
  if (row === undefined)
    throw new Error(
      `${Type}: give it a row in test/support/cloudformation-actions.ts, from AWS's schema of it`,
    );
  const withProperty = Object.entries(row.withProperty ?? {}).flatMap(([property, actions]) =>
    Properties[property] === undefined ? [] : actions,
  );
  return [...row.calls, ...withProperty];
}
