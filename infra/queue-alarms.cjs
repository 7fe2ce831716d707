"use strict";

const { logicalId } = require("./logical-id.cjs");

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const METRICS_OF_AN_ALARM = 10;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const IN_FLIGHT_LIMIT = 120_000;

const ofQueue = (metric, queueId) => ({
  Namespace: "AWS/SQS",
  MetricName: metric,
  Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queueId, "QueueName"] } }],
});

/** A metric of SQS alone. */
const measured = (stat, metricOf) => ({
  ...stat,
  metricsOf: (queue) => [{ id: "measured", metric: metricOf(queue) }],
  termOf: ({ id }) => id,
});

/**
 * Two ages, of which the larger counts. SQS's own leaves out what was received more than three times, which backoff
 * comes to within a minute; the function's own says nothing while the function does not run.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const age = {
  stat: "Maximum",
  period: 900,
  label: "Seconds that the oldest message has waited",
  metricsOf: ({ queueId, reader, destination }, { alarms, metricsNamespace }) => [
    { id: "queued", metric: ofQueue("ApproximateAgeOfOldestMessage", queueId) },
    {
      id: "retried",
      metric: {
        Namespace: metricsNamespace,
        MetricName: "OldestRetriedMs",
        Dimensions: [
          { Name: "service", Value: reader },
          // An alarm over several queues looks at the oldest of all that the function reads: one metric in place of several.
          ...(alarms === "together" ? [] : [{ Name: "destination", Value: destination }]),
        ],
      },
    },
  ],
  termOf: ({ id }) => (id.startsWith("retried") ? `FILL(${id}, 0) / 1000` : `FILL(${id}, 0)`),
};

/** What every queue is watched for, each with its reason here and its section in docs/runbook.md. */
const ALARMS = {
  // Whatever is in a dead-letter queue waits for a person, and for no longer than 14 days.
  "dead-letters": {
    description:
      "Items that only a person can put right are in a dead-letter queue, each with its reason. SQS deletes them 14 " +
      "days after they were accepted. docs/runbook.md says what to do.",
    threshold: 1,
    // Not the number sent, which leaves out what SQS itself moves there.
    ...measured(
      { stat: "Maximum", period: 60, label: "Dead letters, of the queue that has most" },
      ({ deadLetterQueueId }) => ofQueue("ApproximateNumberOfMessagesVisible", deadLetterQueueId),
    ),
  },
  // Minutes: nothing is lost yet, but it is late. Backoff and retries of configuration are at most 15 minutes apart, and a
  // period's border may fall between two looks at a message: so two of three periods, or the alarm would come and go.
  waiting: {
    description:
      "The oldest message of a queue has waited for 15 minutes and more: its destination is down or refuses it, or its " +
      "function does not run. Nothing is lost. docs/runbook.md says what to do.",
    threshold: 900,
    periods: { EvaluationPeriods: 3, DatapointsToAlarm: 2 },
    ...age,
  },
  // A day: long before the functions give an item up (12 days), and SQS deletes it (14 days).
  "waiting-a-day": {
    description:
      "The oldest message of a queue has waited for a day. What is still there after 12 days becomes a dead letter, and " +
      "metric events come too late for their experiments long before that. docs/runbook.md says what to do.",
    threshold: 86_400,
    periods: { EvaluationPeriods: 3, DatapointsToAlarm: 2 },
    ...age,
  },
  // At the limit SQS hands out no more messages of this queue, and what could be delivered waits with the rest.
  "in-flight": {
    description:
      `A queue has 80 percent of the ${IN_FLIGHT_LIMIT} messages in flight that SQS allows. At the limit it hands out no ` +
      "more, so that nothing of this queue is delivered. Other destinations go on. docs/runbook.md says what to do.",
    threshold: 0.8 * IN_FLIGHT_LIMIT,
    periods: { EvaluationPeriods: 3, DatapointsToAlarm: 2 },
    ...measured(
      { stat: "Maximum", period: 300, label: "Messages in flight, of the queue that has most" },
      ({ queueId }) => ofQueue("ApproximateNumberOfMessagesNotVisible", queueId),
    ),
  },
};

/** The alarms of all queues, each with its logical id: one of each sort for every queue, or `together` one for several. */
function queueAlarms(queues, settings) {
  return Object.entries(ALARMS).flatMap(([sort, alarm]) =>
    settings.alarms === "together"
      ? groupsOf(queues, alarm, settings).map((group, index) => {
          const name = `queues-${sort}${index === 0 ? "" : `-${index + 1}`}`;
          return [`${logicalId(name)}Alarm`, alarmResource(name, alarm, group, settings)];
        })
      : queues.map((queue) => {
          const metrics = metricsOf([queue], alarm, settings);
          return [
            `${queue.id}${logicalId(sort)}Alarm`,
            alarmResource(`${queue.name}-${sort}`, alarm, metrics, settings),
          ];
        }),
  );
}

function alarmResource(name, alarm, metrics, { namePrefix, alarmActions }) {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmName: namePrefix + name,
      AlarmDescription: alarm.description,
      AlarmActions: alarmActions,
      OKActions: alarmActions,
      // A metric that nothing wrote is no news.
      TreatMissingData: "notBreaching",
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      Threshold: alarm.threshold,
      EvaluationPeriods: 1,
      ...alarm.periods,
      ...(metrics.length === 1 ? ofOne(metrics[0], alarm) : ofSeveral(metrics, alarm)),
    },
  };
}

const ofOne = ({ metric }, { stat, period }) => ({ ...metric, Statistic: stat, Period: period });

function ofSeveral(metrics, { stat, period, label, termOf }) {
  return {
    Metrics: [
      { Id: "worst", Label: label, Expression: `MAX([${metrics.map(termOf).join(", ")}])` },
      ...metrics.map(({ id, metric }) => ({
        Id: id,
        ReturnData: false,
        MetricStat: { Stat: stat, Period: period, Metric: metric },
      })),
    ],
  };
}

/** As few groups of queues as there can be with no more metrics than an alarm may look at, each as its metrics. */
function groupsOf(queues, alarm, settings) {
  const groups = [];
  let group = [];
  // Those of a kind share the metric of their function.
  for (const queue of queues.toSorted((a, b) => (a.kind < b.kind ? -1 : Number(a.kind > b.kind)))) {
    if (group.length > 0 && metricsOf([...group, queue], alarm, settings).length > METRICS_OF_AN_ALARM) {
      groups.push(group);
      group = [];
    }
    group.push(queue);
  }
  return [...groups, group].filter(({ length }) => length > 0).map((one) => metricsOf(one, alarm, settings));
}

/** What an alarm over these queues looks at, each metric once, with an id that is a metric's own in the alarm. */
function metricsOf(queues, alarm, settings) {
  const distinct = new Map(
    queues
      .flatMap((queue) => alarm.metricsOf(queue, settings))
      .map((one) => [JSON.stringify(one.metric), one]),
  );
  return [...distinct.values()].map(({ id, metric }, index) => ({
    id: queues.length === 1 ? id : `${id}${index}`,
    metric,
  }));
}

module.exports = { queueAlarms };
