"use strict";

const { logicalId } = require("./logical-id.cjs");

/** 14 days, the most there is. */
const RETENTION_SECONDS = 1_209_600;

/**
 * What lib/delivery/closed-batch.ts counts on. Six times the timeout of the functions that read queues (60 s) plus the longest batching window that the parameters take (60 s):
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const VISIBILITY_TIMEOUT_SECONDS = 420;

/** The same of the eraser, which has 300 s. */
const ERASURES_VISIBILITY_SECONDS = 1_860;

/** As many records as fit in 6 MB: the more there are, the more items share a request. */
const BATCH_SIZE = 10_000;

/** Of erasures, each a message: those of a batch share a reading of the ledger, and each waits for LaunchDarkly by itself. */
const ERASURES_BATCH_SIZE = 10;

/** The function that reads every queue of a kind, and what the queues hold. The names are those of lib/connections/queues.ts. */
const KINDS = {
  "audience-operations": { reader: "audience-batcher", holds: "Audience operations" },
  "metric-events": { reader: "metric-forwarder", holds: "Metric events" },
  "flag-changes": { reader: "posthog-forwarder", holds: "Flag changes" },
  erasures: { reader: "eraser", holds: "Erasure requests" },
};

/** `{ kind, destination }` of dist/queues.json, with every name that it has in the stage. */
function namedQueue({ kind, destination }, { namePrefix, deadLetters }) {
  // There is one queue of erasures, for all destinations.
  const isOne = kind === "erasures";
  const name = isOne ? kind : `${kind}-${destination}`;
  const id = isOne ? logicalId(kind) : logicalId(kind) + logicalId(destination);
  return {
    kind,
    destination,
    name,
    id,
    queueName: namePrefix + name,
    deadLetterQueueName: namePrefix + name + deadLetters,
    queueId: `${id}Queue`,
    deadLetterQueueId: `${id}DeadLetterQueue`,
    ...KINDS[kind],
  };
}

/** The queue, its dead-letter queue and what hands its messages to the one function of its kind, each with its logical id. */
function queueResources(queue, settings) {
  const encryption = {
    SqsManagedSseEnabled: settings.sqsManaged,
    ...(settings.kmsKeyArn && { KmsMasterKeyId: settings.kmsKeyArn }),
  };
  const { functionId, functionPrefix } = settings.reader(queue.reader);
  return [
    [
      queue.queueId,
      {
        Type: "AWS::SQS::Queue",
        Properties: {
          QueueName: queue.queueName,
          VisibilityTimeout:
            queue.kind === "erasures" ? ERASURES_VISIBILITY_SECONDS : VISIBILITY_TIMEOUT_SECONDS,
          MessageRetentionPeriod: RETENTION_SECONDS,
          ...encryption,
          // Functions dead-letter what a person has to look at, with the reason. This is a backstop for a batch that crashes
          // its function every time, and never counts an outage's retries.
          RedrivePolicy: {
            deadLetterTargetArn: { "Fn::GetAtt": [queue.deadLetterQueueId, "Arn"] },
            maxReceiveCount: 1000,
          },
        },
      },
    ],
    [
      queue.deadLetterQueueId,
      {
        Type: "AWS::SQS::Queue",
        Properties: {
          QueueName: queue.deadLetterQueueName,
          MessageRetentionPeriod: RETENTION_SECONDS,
          ...encryption,
        },
      },
    ],
    [
      `${functionPrefix}EventSourceMappingSQS${logicalId(queue.destination)}`,
      {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: {
          EventSourceArn: { "Fn::GetAtt": [queue.queueId, "Arn"] },
          FunctionName: { "Fn::GetAtt": [functionId, "Arn"] },
          BatchSize: batchSizeOf(queue),
          MaximumBatchingWindowInSeconds: Number(settings.batchingWindow),
          FunctionResponseTypes: ["ReportBatchItemFailures"],
          ScalingConfig: { MaximumConcurrency: concurrencyOf(queue, settings) },
        },
      },
    ],
  ];
}

/**
 * Never one alone, so that one slow request is not everybody's. Of PostHog always two, the least that Lambda allows, and the
 * number that lib/posthog/annotations/pace.ts divides the limit of a PostHog project by.
 */
function concurrencyOf({ kind }, { maximumConcurrency }) {
  // Two erasers would only read the ledger twice as often.
  return kind === "flag-changes" || kind === "erasures" ? 2 : Number(maximumConcurrency);
}

function batchSizeOf({ kind }) {
  return kind === "erasures" ? ERASURES_BATCH_SIZE : BATCH_SIZE;
}

/**
 * One policy for all queues of the stage: what does not come over TLS is refused, whoever sends it. It allows nobody anything, so
 * what a role may do stays in the role alone. One for each queue would be a resource more for each, of the 500 that there are.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html#enforce-encryption-data-in-transit
 */
function queuesPolicy(queues, { namePrefix }) {
  return {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: queues.flatMap(({ queueId, deadLetterQueueId }) => [
        { Ref: queueId },
        { Ref: deadLetterQueueId },
      ]),
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "RefuseWhatIsNotTls",
            Effect: "Deny",
            Principal: "*",
            Action: "sqs:*",
            Resource: {
              "Fn::Sub": `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${namePrefix}*`,
            },
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      },
    },
  };
}

/**
 * The functions that would have fewer invocations set aside than their queues may ask for, one line each. Lambda would give the messages
 * of the others back unread, and each time counts as one of the receives after which SQS takes a message for dead.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
function concurrencyProblems(queues, settings) {
  const { reservedConcurrency } = settings;
  if (!reservedConcurrency) return [];
  return Object.values(KINDS).flatMap(({ reader }) => {
    const own = queues.filter((queue) => queue.reader === reader);
    const needed = own.reduce((sum, queue) => sum + concurrencyOf(queue, settings), 0);
    if (needed <= Number(reservedConcurrency)) return [];
    return [
      `consumerReservedConcurrency is ${reservedConcurrency}, and the ${own.length} queues of ${reader} may have ${needed} invocations at once: ` +
        `set aside ${needed} at least, or none.`,
    ];
  });
}

/** The names of a queue and its dead-letter queue. */
function queueOutputs({ queueId, deadLetterQueueId, holds, reader, destination }) {
  const nameOf = (id) => ({ "Fn::GetAtt": [id, "QueueName"] });
  return [
    [
      `${queueId}Name`,
      { Description: `${holds} for ${destination} that wait for ${reader}`, Value: nameOf(queueId) },
    ],
    [
      `${deadLetterQueueId}Name`,
      { Description: `${holds} for ${destination} that wait for a person`, Value: nameOf(deadLetterQueueId) },
    ],
  ];
}

/**
 * What stands before `{kind}-{destination}` in the URL of every queue. It is cut out of the URL that SQS gives one of them,
 * which is right in every partition and in emulators of AWS, whose URLs look different: the SDK sends to the host of the URL.
 */
function queueUrlPrefix({ queueId, queueName }, { namePrefix }) {
  const beforeName = { "Fn::Select": [0, { "Fn::Split": [queueName, { Ref: queueId }] }] };
  return { "Fn::Join": ["", [beforeName, namePrefix]] };
}

module.exports = {
  KINDS,
  batchSizeOf,
  concurrencyOf,
  concurrencyProblems,
  namedQueue,
  queueResources,
  queuesPolicy,
  queueOutputs,
  queueUrlPrefix,
};
