import type { Resource } from "./packaged-template.ts";
import type { ResourceActions } from "./resource-actions.ts";
import { STORAGE_ACTIONS } from "./storage-actions.ts";

const VERBS = [
  "apigateway:DELETE",
  "apigateway:GET",
  "apigateway:PATCH",
  "apigateway:POST",
  "apigateway:PUT",
];
const NO_IMPORT = "it is not made of a definition in S3";

/** By the type of the resource. */
export const CLOUDFORMATION_ACTIONS: Readonly<Record<string, ResourceActions>> = {
  ...STORAGE_ACTIONS,
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
