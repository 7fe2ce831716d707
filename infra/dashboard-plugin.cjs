"use strict";

/**
 * CloudFormation takes a dashboard as the text of a JSON object, and infra/dashboard.yml has it as a mapping that people
 * can read. What CloudFormation fills in, as `${AWS::Region}`, stands in it as in any Fn::Sub.
 */
module.exports = class DashboardPlugin {
  constructor(serverless) {
    this.hooks = {
      "before:aws:package:finalize:mergeCustomProviderResources": () => {
        const { Properties } = serverless.service.resources.Resources.Dashboard;
        Properties.DashboardBody = { "Fn::Sub": JSON.stringify(Properties.DashboardBody) };
      },
    };
  }
};
