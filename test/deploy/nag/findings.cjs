"use strict";

/** Prints what cdk-nag finds in the template of its first argument, as JSON: `[{rule, resource, message}]`. */

const { App, Stack } = require("aws-cdk-lib");
const { CfnInclude } = require("aws-cdk-lib/cloudformation-include");
const { AwsSolutionsChecks, ServerlessChecks } = require("cdk-nag");

const app = new App();
const stack = new Stack(app, "template");
new CfnInclude(stack, "included", { templateFile: process.argv[2] });

const findings = [AwsSolutionsChecks, ServerlessChecks].flatMap((Pack) =>
  new Pack(app).validateScope(app).violations.flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath }) => ({
      rule: ruleName.replace(/\[.*/s, ""),
      resource: constructPath.split("/").at(-1),
      message: description,
    })),
  ),
);
process.stdout.write(JSON.stringify(findings));
