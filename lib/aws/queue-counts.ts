import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** How many messages a queue has, as SQS estimates it: within a minute of the last change the numbers are exact. */
export type QueueCounts = {
  /** Those that can be received now, and delayed ones, which become so by themselves. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Those of `waiting` that are delayed. */
  readonly delayed: number;
  /** The queue's visibility timeout, in ms. */
  readonly visibilityMs: number;
};

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
export function createQueueCounts(client: SQSClient): (queueUrl: string) => Promise<QueueCounts> {
  return async (queueUrl) => {
    const command = new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "VisibilityTimeout",
      ],
    });
    const { Attributes = {} } = await client.send(command);
    const count = (name: keyof typeof Attributes): number => Number(Attributes[name] ?? 0);
    const delayed = count("ApproximateNumberOfMessagesDelayed");
    return {
      waiting: count("ApproximateNumberOfMessages") + delayed,
      delayed,
      inFlight: count("ApproximateNumberOfMessagesNotVisible"),
      visibilityMs: count("VisibilityTimeout") * 1_000,
    };
  };
}
