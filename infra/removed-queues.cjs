"use strict";

const { GetQueueAttributesCommand, SQSClient } = require("@aws-sdk/client-sqs");

/** Of what SQS counts by itself, which is all that is in a queue. */
const COUNTS = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
];

/** What ListStackResources still names for a while after it is gone. */
const GONE = new Set(["DELETE_COMPLETE", "DELETE_SKIPPED"]);

/**
 * The stack's queues that are not in `template`, by logical ID and name both: CloudFormation replaces a queue whose name
 * differs, and one whose logical ID differs is another resource. Either way the old queue is deleted with its messages.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
 */
function removedQueues(resources, template) {
  return resources
    .filter(
      ({ ResourceType, ResourceStatus }) => ResourceType === "AWS::SQS::Queue" && !GONE.has(ResourceStatus),
    )
    .filter(({ PhysicalResourceId }) => PhysicalResourceId !== undefined)
    .map(({ LogicalResourceId, PhysicalResourceId }) => ({
      id: LogicalResourceId,
      // CloudFormation knows a queue by its URL, which ends in its name.
      url: PhysicalResourceId,
      name: PhysicalResourceId.split("/").at(-1),
    }))
    .filter(({ id, name }) => {
      const kept = template.Resources?.[id];
      return kept?.Type !== "AWS::SQS::Queue" || kept.Properties?.QueueName !== name;
    });
}

/** Each of the queues with what SQS counts in it, or with why it could not be asked; without those that are gone already. */
async function countMessages(clientConfig, queues) {
  // Who names an endpoint wants it used; without one, a queue's URL says where it is.
  const isEndpointNamed = Boolean(process.env.AWS_ENDPOINT_URL_SQS ?? process.env.AWS_ENDPOINT_URL);
  const client = new SQSClient({ ...clientConfig, useQueueUrlAsEndpoint: !isEndpointNamed });
  const counted = await Promise.all(queues.map((queue) => countOf(client, queue)));
  client.destroy();
  return counted.filter((queue) => queue !== undefined);
}

async function countOf(client, queue) {
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: COUNTS });
    const { Attributes = {} } = await client.send(command);
    const [visible, inFlight, delayed] = COUNTS.map((name) => Number(Attributes[name]));
    // An answer without a count must not pass for an empty queue.
    if (!Number.isFinite(visible + inFlight + delayed)) throw new Error("SQS answered without the counts");
    return { ...queue, waiting: visible + delayed, inFlight };
  } catch (error) {
    if (/QueueDoesNotExist|NonExistentQueue/.test(error.name)) return undefined;
    return { ...queue, problem: error };
  }
}

/** For example `flagbridge-prod-metric-events-staging: 12 wait, 3 in flight`; all that a dead-letter queue has is dead. */
function describeCount({ name, waiting, inFlight }) {
  return name.endsWith("-dead-letters")
    ? `${name}: ${waiting + inFlight} dead`
    : `${name}: ${waiting} wait, ${inFlight} in flight`;
}

module.exports = { removedQueues, countMessages, describeCount };
