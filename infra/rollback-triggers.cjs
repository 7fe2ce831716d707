"use strict";

/**
 * The alarms that say that a deploy was bad, by their logical ids in infra/alarms.yml: requests that fail, and functions that crash or do not
 * start. CloudFormation takes five. Those of destinations say more about the destination than about the deploy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
 */
const WATCHED = [
  "Ingest5xxAlarm",
  "IngestErrorsAlarm",
  "AudienceBatcherErrorsAlarm",
  "MetricForwarderErrorsAlarm",
  "PosthogForwarderErrorsAlarm",
];

/** CloudFormation remembers the triggers of the last update until it is told others, or that there are none. */
const WATCH_NOTHING = { RollbackTriggers: [], MonitoringTimeInMinutes: 0 };

/**
 * What CloudFormation is told to watch while it deploys `template`, and for `minutes` after it: docs/adr/0013.
 *
 * @param resources those of the stack as it is now, from ListStackResources
 * @param alarmsNamed gives CloudWatch's alarms of these names
 * @returns the RollbackConfiguration of the update, and what the operator is told
 */
async function rollbackTriggers({ minutes, resources, template, alarmsNamed }) {
  if (minutes === "none") return { configuration: WATCH_NOTHING, notices: [] };
  const unwatched = (why) => ({
    configuration: WATCH_NOTHING,
    notices: [`rollbackOnAlarmMinutes: this deploy is not watched, as ${why}`],
  });
  // ListStackResources names what is gone for a while.
  const there = new Map(
    resources
      .filter(({ ResourceStatus }) => !/^DELETE_/.test(ResourceStatus))
      .map((one) => [one.LogicalResourceId, one]),
  );
  const names = WATCHED.filter((id) => template.Resources[id] && there.has(id)).map(
    (id) => there.get(id).PhysicalResourceId,
  );
  if (names.length === 0) return unwatched("the stage has none of the alarms yet.");
  const added = addedQueues(there, template);
  if (added.length > 0)
    return unwatched(
      `it adds ${added.length === 1 ? `the queue ${added[0]}` : `${added.length} queues (${added[0]}, …)`}, ` +
        "and a rollback would delete that with what is accepted meanwhile.",
    );

  const alarms = await alarmsNamed(names);
  const ringing = alarms.filter(({ StateValue }) => StateValue === "ALARM");
  const watched = alarms.filter(({ StateValue }) => StateValue !== "ALARM");
  const rings = ringing.map(
    ({ AlarmName }) =>
      `rollbackOnAlarmMinutes: ${AlarmName} rings already and is not watched: this deploy may be what mends it.`,
  );
  if (watched.length === 0) return { configuration: WATCH_NOTHING, notices: rings };
  return {
    configuration: {
      RollbackTriggers: watched.map(({ AlarmArn }) => ({ Arn: AlarmArn, Type: "AWS::CloudWatch::Alarm" })),
      MonitoringTimeInMinutes: Number(minutes),
    },
    notices: [
      ...rings,
      `CloudFormation takes this deploy back if one of these goes off while it lasts or in the ${minutes} minutes after it, for which sls waits: ` +
        `${watched.map(({ AlarmName }) => AlarmName).join(", ")}.`,
    ],
  };
}

/** The names of the template's queues that the stack does not have: CloudFormation replaces one whose name differs. */
function addedQueues(there, template) {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === "AWS::SQS::Queue")
    .map(([id, { Properties }]) => [id, Properties.QueueName])
    .filter(([id, name]) => there.get(id)?.PhysicalResourceId?.split("/").at(-1) !== name)
    .map(([, name]) => name);
}

module.exports = { rollbackTriggers, WATCH_NOTHING, WATCHED };
