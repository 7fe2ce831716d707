// The floor of `load`: the two clients of the AWS SDK that every function opens, and the operations that it calls.
import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

export const clients = [new SQSClient({}), new SecretsManagerClient({})];
export const commands = [SendMessageBatchCommand, GetSecretValueCommand, BatchGetSecretValueCommand];
