"use strict";

const { applyPlatform, tagsOf } = require("./platform.cjs");

/** Applies the parameters that are about every resource of a type. */
module.exports = class PlatformPlugin {
  constructor({ service }) {
    this.hooks = {
      "before:remove:remove": () => removeEveryVersion(service),
      initialize: () => addTags(service),
      "after:aws:package:finalize:mergeCustomProviderResources": () =>
        applyPlatform(service.provider.compiledCloudFormationTemplate, service.custom.platform),
    };
  }
};

/** On the stack, which hands them on to what is in it, and on what osls tags by itself. */
function addTags({ provider, custom }) {
  const text = custom.platform.stackTags;
  if (!text) return;
  const tags = tagsOf(text);
  provider.stackTags = { ...provider.stackTags, ...tags };
  provider.tags = { ...provider.tags, ...tags };
}

/**
 * osls empties the deployment bucket before the stack goes, and takes older versions along only where the bucket is said to have some.
 * One that had them once, or by a parameter of another command line, could not be deleted. S3 lists the objects of any bucket as versions.
 */
function removeEveryVersion({ provider }) {
  provider.deploymentBucketObject = { ...provider.deploymentBucketObject, versioning: true };
}
