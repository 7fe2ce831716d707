"use strict";

const { optional } = require("./optional.cjs");

/**
 * Queues hold what members do. SQS's own key encrypts them at no cost; with the parameter `kmsKeyArn` they and the
 * secrets are under that key, and whoever takes it away from a role takes the data away from it. The key's policy
 * must let the account's IAM policies decide, as that of a key made in the console does.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
module.exports = {
  sqsManaged: async (variables) => (await keyArn(variables)) === null,
  keyArn,
  /** Every function sends to a queue and reads a secret: what that needs of the key, and only when there is one. */
  resources: async (variables) => {
    const key = await keyArn(variables);
    if (key === null) return {};
    const functions = await variables.resolveVariable("self:functions");
    return {
      Resources: {
        KmsKeyPolicy: {
          Type: "AWS::IAM::Policy",
          Properties: {
            PolicyName: "kms-key",
            Roles: Object.values(functions).map(({ role }) => ({ Ref: role })),
            PolicyDocument: {
              Version: "2012-10-17",
              Statement: [
                {
                  Sid: "UseTheKeyOfQueuesAndSecrets",
                  Effect: "Allow",
                  Action: ["kms:Decrypt", "kms:GenerateDataKey"],
                  Resource: key,
                },
              ],
            },
          },
        },
      },
    };
  },
};

function keyArn({ resolveVariable }) {
  return optional(resolveVariable, "kmsKeyArn", null);
}
