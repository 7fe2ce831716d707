/** In a connection's `only.actions`, this word stands for every action that changes what users see. */
export const BEHAVIOUR = "behaviour";

/**
 * Actions on a flag that change what users see: Sentry's list for the same purpose, and what that list leaves out, namely
 * individual targets, copies between environments, and the changes of a schedule or release pipeline.
 * https://github.com/getsentry/sentry/blob/master/src/sentry/flags/providers.py
 * https://launchdarkly.com/docs/home/account/role-actions
 */
export const BEHAVIOUR_ACTIONS: ReadonlySet<string> = new Set([
  "createFlag",
  "cloneFlag",
  "deleteFlag",
  "updateOn",
  "updateRules",
  "updateTargets",
  "updateExpiringTargets",
  "updateFallthrough",
  "updateOffVariation",
  "updatePrerequisites",
  "updateFlagVariations",
  "updateFlagDefaultVariations",
  "updateScheduledChanges",
  "updateFeatureWorkflows",
  "updateDeprecated",
  "updateGlobalArchived",
  "updateFlagSalt",
  "updateClientSideFlagAvailability",
  "copyFlagConfigTo",
  "updateMeasuredRolloutConfiguration",
  "updateRulesWithMeasuredRollout",
  "updateFallthroughWithMeasuredRollout",
  "stopMeasuredRolloutOnFlagRule",
  "stopMeasuredRolloutOnFlagFallthrough",
  "applyApprovalRequest",
  "addReleasePipeline",
  "removeReleasePipeline",
  "replaceReleasePipeline",
  "updateFlagConfigMigrationSettings",
]);
