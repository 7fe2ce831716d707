"use strict";

/** What AWS refuses only in the middle of a deploy, or what would then be in the way of another queue. */
const LIMITS = {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  resources: 500,
  outputs: 200,
  templateBytes: 1_000_000,
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
  queueNameCharacters: 80,
  // Of all policies written into a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  rolePolicyCharacters: 10_240,
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
  widgetMetrics: 500,
  dashboardMetrics: 2_500,
};

const SPLIT =
  "Give some of the destinations a stage of their own, whose connections.yml has only the connections that send to them.";

/** The destinations whose queues would have names that are too long, one line each. The build has refused what no queue can be named by. */
function nameProblems(queues) {
  return queues.flatMap(({ kind, destination, deadLetterQueueName }) => {
    const over = deadLetterQueueName.length - LIMITS.queueNameCharacters;
    if (over <= 0) return [];
    const part = kind === "flag-changes" ? "posthog" : "launchdarkly";
    const place = kind === "erasures" ? "erasures" : `${part}.${destination}`;
    return [
      `connections.yml: ${place}: the queue ${deadLetterQueueName} would have a name of ` +
        `${deadLetterQueueName.length} characters, and SQS takes ${LIMITS.queueNameCharacters}: ` +
        `shorten the destination's name, the stage's or the service's by ${over}.`,
    ];
  });
}

/** What of the whole template CloudFormation or CloudWatch would refuse, one line each. */
function templateProblems(template, queues, { alarms }) {
  const resources = Object.keys(template.Resources).length;
  const outputs = Object.keys(template.Outputs).length;
  const bytes = Buffer.byteLength(JSON.stringify(template));
  const drawn = metricsByWidget(template.Resources.Dashboard);
  const most = Math.max(0, ...drawn);
  const all = drawn.reduce((sum, metrics) => sum + metrics, 0);
  const because = `with ${queues.length} queues for the destinations of connections.yml`;
  return [
    ...(resources > LIMITS.resources
      ? [
          `The template has ${resources} resources ${because}, and CloudFormation takes ${LIMITS.resources}. ` +
            `Each queue is ${alarms === "each" ? 7 : 3} of them. ` +
            (alarms === "each" ? "With the parameter `alarms: together` it is only 3. Or: " : "") +
            SPLIT,
        ]
      : []),
    ...(outputs > LIMITS.outputs
      ? [
          `The template has ${outputs} outputs, one for each connection among them, and CloudFormation takes ${LIMITS.outputs}. ` +
            "Give some of the connections a stage of their own.",
        ]
      : []),
    ...(bytes > LIMITS.templateBytes
      ? [
          `The template has ${bytes} bytes ${because}, and CloudFormation takes ${LIMITS.templateBytes}. ${SPLIT}`,
        ]
      : []),
    ...(most > LIMITS.widgetMetrics || all > LIMITS.dashboardMetrics
      ? [
          `The dashboard shows ${all} metrics ${because}, ${most} of them in one graph, and CloudWatch takes ${LIMITS.dashboardMetrics} ` +
            `and ${LIMITS.widgetMetrics}. ${SPLIT}`,
        ]
      : []),
  ];
}

function metricsByWidget(dashboard) {
  if (!dashboard) return [];
  const { widgets } = JSON.parse(dashboard.Properties.DashboardBody["Fn::Sub"]);
  return widgets.map(({ properties }) => properties.metrics?.length ?? 0);
}

module.exports = { LIMITS, nameProblems, templateProblems };
