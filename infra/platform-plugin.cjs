"use strict";

const { applyPlatform, tagsOf } = require("./platform.cjs");

/** Applies the parameters that are about every resource of a type. */
module.exports = class PlatformPlugin {
  constructor({ service }) {
    this.hooks = {
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
