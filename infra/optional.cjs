"use strict";

/** A parameter that may be `none`: its value, or what stands in its place. */
const orElse =
  (name, whenNone) =>
  ({ resolveVariable }) =>
    optional(resolveVariable, name, whenNone);

async function optional(resolveVariable, name, whenNone) {
  const value = await resolveVariable(`param:${name}`);
  return value === "none" ? whenNone : value;
}

/** For `${file(infra/optional.cjs):…}`: what the template says of a parameter that may be left out. */
module.exports = {
  optional,
  ingestReservedConcurrency: orElse("ingestReservedConcurrency", null),
  consumerReservedConcurrency: orElse("consumerReservedConcurrency", null),
  permissionsBoundaryArn: orElse("permissionsBoundaryArn", null),
  stackTags: orElse("stackTags", null),
  kmsKeyArn: orElse("kmsKeyArn", null),
  domainName: orElse("domainName", null),
  certificateArn: orElse("certificateArn", null),
  /** On the command line it is a text, and osls takes only a boolean here. */
  deploymentBucketVersioning: async ({ resolveVariable }) =>
    String(await resolveVariable("param:deploymentBucketVersioning")) === "true",
  /** Told when an alarm goes off, and when it ends. */
  alarmActions: async ({ resolveVariable }) => {
    const topic = await optional(resolveVariable, "alarmTopicArn", null);
    return topic === null ? [] : [topic];
  },
};
