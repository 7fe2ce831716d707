"use strict";

const { applyPlatform } = require("./platform.cjs");

/** Applies the parameters that are about every resource of a type. */
module.exports = class PlatformPlugin {
  constructor({ service }) {
    this.hooks = {
      "after:aws:package:finalize:mergeCustomProviderResources": () =>
        applyPlatform(service.provider.compiledCloudFormationTemplate, service.custom.platform),
    };
  }
};
