"use strict";

/**
 * The schedule runs the sweeper every minute, whatever there is to sweep: no news of it is bad news. But before the first
 * deploy there was none either, and an alarm to which missing data is bad would go off with it. So it is compared with what the
 * stack always does: Lambda polls every queue, and SQS measures one that is polled every minute. Two of two periods, as the
 * first may end between the first poll and the first run.
 */
function sweeperGoneAlarm({ queueName }, { namePrefix, alarmActions, reader }) {
  const stat = (metric, name, value, statistic) => ({
    ReturnData: false,
    MetricStat: {
      Stat: statistic,
      Period: 900,
      Metric: { ...metric, Dimensions: [{ Name: name, Value: value }] },
    },
  });
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmName: `${namePrefix}audit-log-sweeper-gone`,
      AlarmDescription:
        "The sweeper has not been run for half an hour: its schedule is off or gone. Flag changes that no webhook brings " +
        "are missing in PostHog until it runs again. docs/runbook.md says what to do.",
      AlarmActions: alarmActions,
      OKActions: alarmActions,
      TreatMissingData: "notBreaching",
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      Threshold: 1,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 2,
      Metrics: [
        {
          Id: "gone",
          Label: "1 when the stack was there and the sweeper did not run",
          Expression: "IF(polled > 0 AND FILL(runs, 0) < 1, 1, 0)",
        },
        {
          Id: "polled",
          ...stat(
            { Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible" },
            "QueueName",
            queueName,
            "SampleCount",
          ),
        },
        {
          Id: "runs",
          ...stat(
            { Namespace: "AWS/Lambda", MetricName: "Invocations" },
            "FunctionName",
            { Ref: reader("audit-log-sweeper").functionId },
            "Sum",
          ),
        },
      ],
    },
  };
}

module.exports = { sweeperGoneAlarm };
