// What `load` compares with: one client of the AWS SDK and one command of it, as most functions have them.
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

export const parts = [SQSClient, SendMessageBatchCommand];
