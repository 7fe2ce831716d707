"use strict";

/** Besides its function: what functions/eraser/function.yml has, and the log group that osls makes. */
const OWN = ["EraserRole", "EraserErrorsAlarm", "EraserThrottlesAlarm"];
const LOG_GROUP = "EraserLogGroup";

/** Whether some connection takes erasure requests: the build has written their queue then. */
const erases = (queues) => queues.some(({ kind }) => kind === "erasures");

/**
 * Leaves out of a template all that is the eraser's: where no connection takes erasure requests, the template is the one that it would be
 * if there were none, and nobody pays for alarms of what never runs.
 */
function leaveOutEraser({ functions, resources, provider }) {
  delete functions.eraser;
  const { Resources } = resources;
  for (const id of OWN) delete Resources[id];
  delete provider.compiledCloudFormationTemplate.Resources[LOG_GROUP];
  const statements = Resources.IngestRole.Properties.Policies[0].PolicyDocument.Statement;
  for (const statement of statements)
    if (Array.isArray(statement.Resource))
      statement.Resource = statement.Resource.filter((one) => !one["Fn::Sub"]?.endsWith("-erasures"));
  const key = Resources.KmsKeyPolicy?.Properties;
  if (key) key.Roles = key.Roles.filter(({ Ref }) => Ref !== "EraserRole");
  for (const { properties } of Resources.Dashboard.Properties.DashboardBody.widgets)
    if (properties.metrics) properties.metrics = properties.metrics.filter(isOfOthers).map(withoutSearch);
}

const isOfOthers = (metric) => !metric.some((part) => typeof part === "string" && part.endsWith("-eraser"));

const withoutSearch = (metric) =>
  metric.map((part) =>
    typeof part?.expression === "string"
      ? { ...part, expression: part.expression.replaceAll(/ OR \w+="[^"]*-eraser"/g, "") }
      : part,
  );

module.exports = { erases, leaveOutEraser };
