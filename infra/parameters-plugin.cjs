"use strict";

const { boundaryState } = require("./boundary.cjs");
const { parameterProblems } = require("./parameters.cjs");

/**
 * Checks the parameters of the stage when `sls` starts, before it looks at any: what is missing or wrong is named with
 * its place and what to type, all of it at once.
 */
module.exports = class ParametersPlugin {
  constructor(serverless, _options, { log }) {
    const { configurationInput, processedInput } = serverless;
    if (processedInput.isHelpRequest) return;
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      "before:package:createDeploymentArtifacts": () => {
        this.sayWhoIsTold();
        this.checkCertificate();
        return this.checkBoundary();
      },
    };
    const stage = processedInput.options.stage ?? configurationInput.provider?.stage ?? "dev";
    const problems = parameterProblems(
      stage,
      configurationInput.params ?? {},
      (processedInput.options.param ?? []).map(nameAndValue),
    );
    if (problems.length > 0) {
      throw new serverless.classes.Error(
        [`The parameters of stage ${stage} are not right:`, ...problems].join("\n  "),
      );
    }
  }

  sayWhoIsTold() {
    if (this.serverless.service.custom.alarmTopicArn !== "none") return;
    this.log.notice(
      "Alarms show in CloudWatch and tell nobody: alarmTopicArn is none. docs/deploy.md#alarms",
    );
  }

  /** @throws when the deploy could only fail. A package may be for another region. */
  checkCertificate() {
    const { certificateArn } = this.serverless.service.custom.domain;
    if (!certificateArn) return;
    const region = this.serverless.getProvider("aws").getRegion();
    const own = certificateArn.split(":")[3];
    if (own === region) return;
    const problem =
      `certificateArn: the certificate is in ${own}, and the stage in ${region}: API Gateway takes a certificate of its own region alone. ` +
      `Request one there, or import it: aws acm request-certificate --region ${region} …`;
    if (this.serverless.processedInput.commands[0] === "deploy")
      throw new this.serverless.classes.Error(problem);
    this.log.warning(problem);
  }

  /** @throws when there is no such policy: CloudFormation would say so in the middle of the deploy, of the first role that it makes. */
  async checkBoundary() {
    const arn = this.serverless.service.custom.platform.permissionsBoundaryArn;
    if (!arn) return;
    const state = await boundaryState(() => this.serverless.getProvider("aws").getAwsSdkV3Config(), arn);
    switch (state.kind) {
      case "there":
        return;
      case "missing":
        throw new this.serverless.classes.Error(
          `permissionsBoundaryArn: IAM knows no policy ${arn}. A boundary is a managed policy of the account that is deployed to, ` +
            "or one of AWS (arn:aws:iam::aws:policy/…): aws iam list-policies --scope Local",
        );
      case "unknown":
        this.log.notice(
          `Whether the policy of permissionsBoundaryArn exists was not checked (${state.reason}). It takes iam:GetPolicy on ${arn}.`,
        );
        return;
    }
  }
};

function nameAndValue(option) {
  const [name, ...value] = option.split("=");
  return [name, value.join("=")];
}
