import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { QueueOutcome } from "../delivery/settle-queues.ts";
import { inBatches } from "./sqs.ts";

/** A message that was received: nobody else gets it until its visibility timeout is over. */
export type ReceivedMessage = {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** SQS's SentTimestamp, Unix ms. */
  readonly sentAtMs: number;
  /** SQS's ApproximateReceiveCount, this one included. */
  readonly receives: number;
  readonly groupId: string | undefined;
};

export type QueueMessages = {
  /** At most ten. An empty answer after `waitSeconds` of 1 and more means that none can be received. */
  readonly receive: (
    queueUrl: string,
    times: { readonly visibilitySeconds: number; readonly waitSeconds: number },
  ) => Promise<readonly ReceivedMessage[]>;
  /** One outcome per handle, in order. */
  readonly remove: (queueUrl: string, receiptHandles: readonly string[]) => Promise<readonly QueueOutcome[]>;
};

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
