/** Stands in a connection's `only.actions` for every action that changes what users see. */
export const BEHAVIOUR = "behaviour";

/**
 * Actions on a flag that change what users see. Sentry's list for the same purpose, and what it leaves out: individual
 * targets, copies between environments, and what a schedule or a release pipeline does.
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
