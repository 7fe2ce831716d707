"use strict";

const { CloudWatchClient, DescribeAlarmsCommand } = require("@aws-sdk/client-cloudwatch");
const { rollbackTriggers, WATCH_NOTHING } = require("./rollback-triggers.cjs");

/** Tells CloudFormation which alarms take a deploy back, where the parameter `rollbackOnAlarmMinutes` asks for it. */
module.exports = class RollbackTriggersPlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      "before:aws:deploy:deploy:updateStack": () => this.watchDeploy(),
      // It is what a person does while alarms ring.
      "before:rollback:rollback": () => {
        serverless.service.provider.rollbackConfiguration ??= WATCH_NOTHING;
      },
    };
  }

  async watchDeploy() {
    const { service } = this.serverless;
    // Whoever wrote one into serverless.yml has other alarms in mind.
    if (service.provider.rollbackConfiguration) return;
    const provider = this.serverless.getProvider("aws");
    // A package of an older version has no such parameter.
    const minutes = String(service.custom.rollbackOnAlarmMinutes ?? "none");
    const { configuration, notices } = await rollbackTriggers({
      minutes,
      resources: minutes === "none" ? [] : await provider.getStackResources(),
      template: service.provider.compiledCloudFormationTemplate,
      alarmsNamed: (names) => this.alarmsNamed(provider, names),
    });
    service.provider.rollbackConfiguration = configuration;
    for (const notice of notices) this.log.notice(notice);
  }

  async alarmsNamed(provider, AlarmNames) {
    const client = new CloudWatchClient(await provider.getAwsSdkV3Config());
    try {
      const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames }));
      return MetricAlarms;
    } catch (error) {
      throw new this.serverless.classes.Error(
        `rollbackOnAlarmMinutes: the state of the alarms could not be read; the stack was not changed: ${error.name}: ${error.message}\n` +
          "If it is a right that is missing: allow cloudwatch:DescribeAlarms. To deploy unwatched: --param rollbackOnAlarmMinutes=none",
      );
    } finally {
      client.destroy();
    }
  }
};
