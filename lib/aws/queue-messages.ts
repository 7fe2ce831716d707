import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { WalkCalls } from "../delivery/walk-queue.ts";
import { inBatches } from "./sqs.ts";

/** `receive` gives at most ten; an empty answer after `waitSeconds` of 1 and more means that none can be received. */
export type QueueMessages = Pick<WalkCalls, "receive" | "remove">;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export function createQueueMessages(client: SQSClient): QueueMessages {
  return {
    receive: async (queueUrl, { visibilitySeconds, waitSeconds }) => {
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      });
      const { Messages = [] } = await client.send(command);
      return Messages.map((message) => ({
        id: message.MessageId ?? "",
        receiptHandle: message.ReceiptHandle ?? "",
        body: message.Body ?? "",
        attributes: Object.fromEntries(
          Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
            name,
            value.StringValue ?? "",
          ]),
        ),
        sentAtMs: Number(message.Attributes?.SentTimestamp ?? 0),
        receives: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
        groupId: message.Attributes?.MessageGroupId,
      }));
    },
    remove: (queueUrl, receiptHandles) =>
      inBatches(
        receiptHandles,
        () => 0,
        (batch) =>
          client.send(
            new DeleteMessageBatchCommand({
              QueueUrl: queueUrl,
              Entries: batch.map(({ item, id }) => ({ Id: id, ReceiptHandle: item })),
            }),
          ),
      ),
  };
}
